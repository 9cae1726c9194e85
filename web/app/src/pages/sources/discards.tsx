/** What a source sent that did not go on, by reason, with a sample of each. */

import { Code, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, data } from "../../api/client";
import { PERIODS, type Period, rangeOf } from "../../api/volumes";
import { EmptyState } from "../../parts/empty_state";
import { PeriodControl } from "../../parts/period_control";
import { LoadingRows, QueryView } from "../../parts/query_view";
import { TimeAgo } from "../../parts/time_ago";
import { type Entry, titleOf } from "./entries";
import { searchLedger } from "./queries";
import { useSource } from "./source_frame";

const REFRESH_MS = 10_000;

interface Refused {
  reason: string;
  count: number;
  sample: Entry | undefined;
}

interface Dataset {
  total: number;
  discardReason?: string;
}

async function reasonsOf(
  step: "failed-on-ingest" | "filtered-at-source",
  sourceId: string,
  period: Period,
): Promise<Dataset[]> {
  const { startMs, endMs } = rangeOf(period, Date.now());
  const query = {
    sourceId,
    startTime: new Date(startMs).toISOString(),
    endTime: new Date(endMs).toISOString(),
    granularity: PERIODS[period].granularity,
    groupBy: ["discardReason"],
  };
  const { dataset } = await data(
    api.GET("/delivery-overview/{step}", { params: { path: { step }, query } }),
  );
  return dataset as Dataset[];
}

const useRefused = (sourceId: string, period: Period) =>
  useQuery({
    queryKey: ["discards", sourceId, period],
    queryFn: async (): Promise<Refused[]> => {
      const found = await reasonsOf("failed-on-ingest", sourceId, period);
      return Promise.all(
        found.map(async ({ discardReason: reason = "", total: count }) => {
          const [sample] = await searchLedger({ sourceId, step: "discarded", reason, limit: 1 });
          return { reason, count, sample };
        }),
      );
    },
    refetchInterval: REFRESH_MS,
  });

const useHeldBack = (sourceId: string, period: Period) =>
  useQuery({
    queryKey: ["held-back", sourceId, period],
    queryFn: () => reasonsOf("filtered-at-source", sourceId, period),
    refetchInterval: REFRESH_MS,
  });

export function DiscardsTab() {
  const { source } = useSource();
  const [period, setPeriod] = useState<Period>("day");
  const refused = useRefused(source.id, period);
  const heldBack = useHeldBack(source.id, period);
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <Text c="dimmed" maw="60ch">
          Messages that break the tracking API's rules are discarded. Senders are told only if the
          source is strict.
        </Text>
        <PeriodControl value={period} onChange={setPeriod} />
      </Group>
      <QueryView query={refused} loading={<LoadingRows count={4} />}>
        {(reasons) =>
          reasons.length === 0 ? (
            <EmptyState
              icon={IconCircleCheck}
              title="Nothing was discarded"
              action={{ label: "Watch events live", to: `/sources/${source.id}/debugger` }}
            >
              In the {PERIODS[period].label.toLowerCase()} every message of this source was
              accepted.
            </EmptyState>
          ) : (
            <Stack gap="md">
              {reasons.map((one) => (
                <Reason key={one.reason} {...one} />
              ))}
              <Link to={`/sources/${source.id}/debugger?outcome=discarded`}>
                Watch what is discarded, live
              </Link>
            </Stack>
          )
        }
      </QueryView>
      <HeldBack heldBack={heldBack.data ?? []} />
      {!source.settings.isStrict && (refused.data?.length ?? 0) > 0 && (
        <Text c="dimmed">
          While you set things up, make the source strict under{" "}
          <Link to={`/sources/${source.id}/settings`}>Settings</Link>: then senders get 400 or 401
          with what is wrong, instead of Segment's 200.
        </Text>
      )}
    </Stack>
  );
}

function Reason({ reason, count, sample }: Refused) {
  return (
    <Paper p="lg" component="section" aria-label={reason}>
      <Group justify="space-between" align="flex-start" wrap="nowrap">
        <div>
          <Title order={2}>{sample?.what || reason}</Title>
          {sample?.do && <Text mt={2}>{sample.do}</Text>}
          <Code mt={8} display="inline-block">
            {reason}
          </Code>
        </div>
        <Text fz="lg" fw={600} style={{ whiteSpace: "nowrap" }}>
          {count.toLocaleString()}
        </Text>
      </Group>
      {sample && (
        <Text fz="sm" c="dimmed" mt="sm" style={{ overflowWrap: "anywhere" }}>
          Last: {titleOf(sample)}
          {sample.eventName && sample.eventType ? `, ${sample.eventType}` : ""}
          {sample.messageId ? ", messageId " : ""}
          {sample.messageId && <Code>{sample.messageId}</Code>}, <TimeAgo at={sample.at} />
        </Text>
      )}
    </Paper>
  );
}

const HELD_BACK: Record<string, string> = {
  no_connection: "came in while no destination was connected",
  duplicate: "were duplicates: their messageId had come before",
};

function HeldBack({ heldBack }: { heldBack: readonly Dataset[] }) {
  if (heldBack.length === 0) return null;
  return (
    <Paper p="lg" component="section" aria-label="Accepted, and not sent on">
      <Title order={2} mb="xs">
        Accepted, and not sent on
      </Title>
      {heldBack.map(({ discardReason = "", total }) => (
        <Text key={discardReason}>
          {total.toLocaleString()}{" "}
          {HELD_BACK[discardReason || "duplicate"] ?? `were held back: ${discardReason}`}
        </Text>
      ))}
    </Paper>
  );
}
