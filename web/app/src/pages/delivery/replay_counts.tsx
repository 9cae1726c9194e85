import { Text } from "@mantine/core";
import classes from "./delivery.module.css";
import type { Replay } from "./queries";
import { reasonInWords } from "./reasons";

/** How many events there are, what they become, and why the others do not. */
export function Counts({ replay }: { replay: Replay }) {
  const reasons = Object.entries(replay.countsByReason).sort(([, a], [, b]) => b - a);
  return (
    <>
      <dl className={classes.facts} style={{ marginTop: 12 }}>
        <div>
          <dt>Events of the time</dt>
          <dd>{replay.eventCount.toLocaleString()}</dd>
        </div>
        <div>
          <dt>{replay.dryRun ? "Deliveries they would become" : "Deliveries made"}</dt>
          <dd>{replay.deliveryCount.toLocaleString()}</dd>
        </div>
        {reasons.map(([reason, count]) => (
          <div key={reason}>
            <dt>{reasonInWords(reason)}</dt>
            <dd>{count.toLocaleString()}</dd>
          </div>
        ))}
      </dl>
      {replay.eventCount === 0 && replay.state === "done" && (
        <Text fz="sm" c="dimmed" mt="xs">
          No events of the source are kept for this time. The journal keeps 7 days unless it was set
          otherwise.
        </Text>
      )}
    </>
  );
}
