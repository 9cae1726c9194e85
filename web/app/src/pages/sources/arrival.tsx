/** Waits for an event of a source, and shows it when it has come: what it is, and what happened. */

import { Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link } from "react-router";
import { api, data } from "../../api/client";
import { useEventStream } from "../../api/event_stream";
import { destinationsQuery } from "../../api/queries";
import { recentEventsQuery } from "../../api/recent_events";
import { JsonView } from "../../parts/json_view";
import { LoadingRows } from "../../parts/query_view";
import { StatusBadge } from "../../parts/status_badge";
import { type Entry, OUTCOMES, overall, titleOf } from "./entries";
import { Happened } from "./happened";
import { namesOf } from "./queries";
import classes from "./sources.module.css";

const SETTLES_MS = 20_000;

/** Returns the latest event of the source as soon as there is one, live. */
export function useLatestEvent(sourceId: string) {
  const client = useQueryClient();
  const query = useQuery({
    ...recentEventsQuery(sourceId, 1),
    // The stream tells at once; this is for the case that it was cut off just then.
    refetchInterval: 5_000,
  });
  const stream = useEventStream(`/ledger/tail?sourceId=${sourceId}&step=received`, {
    entry: () => void client.invalidateQueries({ queryKey: ["sources", sourceId, "events"] }),
  });
  return { event: query.data?.[0], stream, isLoading: query.isPending };
}

interface Props {
  sourceId: string;
  /** What stands beside the dot that waits. */
  children: React.ReactNode;
  onArrived?: () => void;
}

export function Arrival({ sourceId, children, onArrived }: Props) {
  const { event, isLoading } = useLatestEvent(sourceId);
  const hasArrived = event !== undefined;
  useEffect(() => {
    if (hasArrived) onArrived?.();
  }, [hasArrived, onArrived]);
  if (isLoading) return <LoadingRows count={2} />;
  if (!event) {
    return (
      <Group gap="sm" role="status" wrap="nowrap" align="baseline">
        <span className={classes.waiting} aria-hidden />
        <Text>{children}</Text>
      </Group>
    );
  }
  return <Arrived key={event.messageId} sourceId={sourceId} event={event} />;
}

interface ArrivedProps {
  sourceId: string;
  event: { messageId: string; receivedAt: string; event: Record<string, unknown> };
}

function Arrived({ sourceId, event }: ArrivedProps) {
  const trace = useQuery({
    queryKey: ["trace", event.messageId],
    queryFn: () =>
      data(
        api.GET("/events/{message_id}/trace", {
          params: { path: { message_id: event.messageId } },
        }),
      ),
    // What becomes of it comes a moment after it; long after, nothing new is to be expected.
    refetchInterval: () => (Date.now() - Date.parse(event.receivedAt) < SETTLES_MS ? 1_000 : false),
  });
  const { data: destinations = [] } = useQuery(destinationsQuery);
  const life = trace.data?.events.find((one) => one.sourceId === sourceId);
  const entries = (life?.timeline ?? []) as unknown as Entry[];
  const outcome = OUTCOMES[overall(entries)];
  const { type, event: name, name: pageName } = event.event;
  const title = titleOf({
    eventType: String(type ?? ""),
    eventName: String(name ?? pageName ?? ""),
  });
  return (
    <Stack gap="md" role="status">
      <Group gap="md">
        <Title order={3}>{title}</Title>
        <Text c="dimmed">{String(type)}</Text>
        <StatusBadge state={outcome.state}>{outcome.label}</StatusBadge>
      </Group>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <div>
          <Text fz="sm" fw={600} mb={6}>
            The event
          </Text>
          <Paper p="sm" radius="md" bg="var(--app-ground)" mah={320} style={{ overflow: "auto" }}>
            <JsonView value={event.event} open={2} />
          </Paper>
        </div>
        <div>
          <Text fz="sm" fw={600} mb={6}>
            What happened to it
          </Text>
          <Happened entries={entries} names={namesOf(destinations)} />
          <Link to={`/sources/${sourceId}/debugger`}>Watch events live in the debugger</Link>
        </div>
      </SimpleGrid>
    </Stack>
  );
}
