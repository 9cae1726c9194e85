/** Replays: those that run, and those that have. */

import { Alert, Badge, Button, Group, Paper, Progress, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconRepeat } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, data } from "../../api/client";
import { destinationsQuery } from "../../api/queries";
import { useMay } from "../../api/roles";
import { ConfirmButton } from "../../parts/confirm_button";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { type State, StatusBadge } from "../../parts/status_badge";
import { TimeAgo } from "../../parts/time_ago";
import { type Replay, replaysQuery } from "./queries";
import { Counts } from "./replay_counts";

const STATES: Record<Replay["state"], { state: State; word: string }> = {
  running: { state: "busy", word: "Running" },
  done: { state: "good", word: "Done" },
  cancelled: { state: "idle", word: "Stopped" },
  failed: { state: "bad", word: "Failed" },
};

export function ReplaysPage() {
  const replays = useQuery(replaysQuery);
  const mayEdit = useMay("editor");
  return (
    <>
      <PageHeader
        title="Replay"
        description="Send the events of a time range to one destination once more, by its filters and mappings as they are now. Kept for 30 days."
        actions={
          mayEdit && (
            <Button component={Link} to="/delivery/replay/new">
              New replay
            </Button>
          )
        }
      />
      <QueryView query={replays}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState
              icon={IconRepeat}
              title="Nothing was replayed yet"
              {...(mayEdit ? { action: { label: "New replay", to: "/delivery/replay/new" } } : {})}
            >
              A mapping was wrong for a day, a destination was connected late, or a vendor lost
              data: count first what would be sent, then send it.
            </EmptyState>
          ) : (
            <Stack gap="sm">
              {all.map((replay) => (
                <ReplayCard key={replay.id} replay={replay} />
              ))}
            </Stack>
          )
        }
      </QueryView>
    </>
  );
}

const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function ReplayCard({ replay }: { replay: Replay }) {
  const client = useQueryClient();
  const mayEdit = useMay("editor");
  const destinations = useQuery(destinationsQuery);
  const name = destinations.isPending
    ? "…"
    : destinations.data?.find((one) => one.id === replay.destinationId)?.name;
  const { state, word } = STATES[replay.state];
  const isRunning = replay.state === "running";
  const stop = async () => {
    await data(api.DELETE("/replays/{replay_id}", { params: { path: { replay_id: replay.id } } }));
    await client.invalidateQueries({ queryKey: replaysQuery.queryKey });
  };
  return (
    <Paper p="md" component="article" aria-label={`Replay to ${name ?? "a deleted destination"}`}>
      <Group justify="space-between" align="flex-start">
        <div>
          <Group gap="sm">
            <Text fw={600}>{name ?? "A destination that was deleted"}</Text>
            <StatusBadge state={state}>{word}</StatusBadge>
            {replay.dryRun && <Badge>Only counted</Badge>}
          </Group>
          <Text c="dimmed" fz="sm">
            {absolute.formatRange(new Date(replay.startTime), new Date(replay.endTime))}
            {replay.filter && (
              <>
                , where <code>{replay.filter}</code>
              </>
            )}
          </Text>
          <Text c="dimmed" fz="xs">
            Begun <TimeAgo at={replay.createdAt} />
            {!replay.dryRun && `, at most ${replay.ratePerSecond.toLocaleString()} a second`}
          </Text>
        </div>
        {isRunning && mayEdit && (
          <ConfirmButton label="Stop" title="Stop this replay?" onConfirm={stop}>
            What it has handed over for delivery is delivered; the rest is not sent.
          </ConfirmButton>
        )}
      </Group>
      {isRunning && (
        <Progress
          value={100 * replay.progress}
          mt="sm"
          animated
          aria-label={`${Math.round(100 * replay.progress)} % read`}
        />
      )}
      {replay.what && (
        <Alert
          color="red"
          variant="outline"
          mt="sm"
          icon={<IconAlertTriangle />}
          title={replay.what}
        >
          {replay.do}
        </Alert>
      )}
      <Counts replay={replay} />
    </Paper>
  );
}
