import { Progress, Text } from "@mantine/core";
import { StatusBadge } from "../../parts/status_badge";
import type { Computation, Output } from "./queries";
import { progressOf, STATES } from "./words";

export function StandingBadge({ one }: { one: Computation }) {
  const { state, words } = STATES[one.state];
  return <StatusBadge state={state}>{words}</StatusBadge>;
}

/** How far a destination is told. */
export function SyncProgress({ output, isLong }: { output: Output; isLong?: boolean }) {
  const { percent, words, isDone } = progressOf(output);
  return (
    <div aria-live="polite">
      {!isDone && percent !== null && (
        <Progress value={percent} size="sm" mb={6} aria-label={`First sync to ${output.name}`} />
      )}
      <Text fz={isLong ? "sm" : "xs"} c="dimmed">
        {words}
      </Text>
    </div>
  );
}
