/** How long the destination takes to answer, and how often it was asked again. */

import { Paper, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import classes from "./delivery.module.css";
import type { Grain, Period } from "./period";
import { attemptsQuery } from "./queries";

interface Props {
  destinationId?: string;
  period: Period;
  grain: Grain;
}

const MS = 1000;

/** Returns a duration as people read it. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1) return `${Math.max(1, Math.round(seconds * MS)).toLocaleString()} ms`;
  return `${seconds.toLocaleString(undefined, { maximumFractionDigits: 1 })} s`;
}

export function Attempts({ destinationId, period, grain }: Props) {
  const { data: attempts } = useQuery(attemptsQuery(destinationId, period, grain));
  if (!attempts || attempts.attemptCount === 0) return null;
  return (
    <Paper p="md" component="section" aria-label="Attempts">
      <dl className={classes.facts}>
        <Fact label="Attempts">{attempts.attemptCount.toLocaleString()}</Fact>
        <Fact label="Retries">{attempts.retryCount.toLocaleString()}</Fact>
        <Fact label="Median response">{duration(attempts.medianSeconds)}</Fact>
        <Fact label="95th percentile">{duration(attempts.p95Seconds)}</Fact>
      </dl>
      <Text fz="xs" c="dimmed" mt={6}>
        Requests from this server to {destinationId ? "the destination" : "destinations"}{" "}
        {period.words}, retries included.
      </Text>
    </Paper>
  );
}

function Fact({ label, children }: { label: string; children: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
