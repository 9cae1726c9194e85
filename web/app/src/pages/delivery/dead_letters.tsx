/** What was given up: look at it, send it again, or discard it. */

import { Button, Checkbox, Group, Paper, Progress, Select, Stack, Text } from "@mantine/core";
import { IconArchive, IconPlugConnected } from "@tabler/icons-react";
import { useInfiniteQuery, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useSearchParams } from "react-router";
import { api, data } from "../../api/client";
import { destinationsQuery } from "../../api/queries";
import { useMay } from "../../api/roles";
import { ConfirmButton } from "../../parts/confirm_button";
import { type Column, DataTable } from "../../parts/data_table";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { LoadingRows, QueryView } from "../../parts/query_view";
import { tell, tellError } from "../../parts/tell";
import { TimeAgo } from "../../parts/time_ago";
import { DeadLetterDrawer } from "./dead_letter_drawer";
import { type Connection, type DeadLetter, deadLetters, isCloudMode, stateQuery } from "./queries";
import { type Progress as Done, sendAll, sendThese } from "./send_again";

export function DeadLettersPage() {
  const connections = useQuery(destinationsQuery);
  return (
    <>
      <PageHeader
        title="Dead letters"
        description="Deliveries that were rejected, or that failed on every attempt. They are kept until you resend or discard them."
      />
      <QueryView query={connections}>
        {(all) => {
          const own = all.filter(isCloudMode);
          if (own.length > 0) return <OfConnections connections={own} />;
          return (
            <EmptyState
              icon={IconPlugConnected}
              title="No cloud-mode destination yet"
              action={{ label: "Choose a destination", to: "/catalog" }}
            >
              What a destination rejects is kept here and can be sent again.
            </EmptyState>
          );
        }}
      </QueryView>
    </>
  );
}

function OfConnections({ connections }: { connections: Connection[] }) {
  const [parameters, setParameters] = useSearchParams();
  const states = useQueries({ queries: connections.map((one) => stateQuery(one.id)) });
  const counts = connections.map((_, index) => states[index]?.data?.deadLetters);
  const wanted = connections.find((one) => one.id === parameters.get("destination"));
  // Chosen once, when all are known: what is looked at does not change by itself to another's.
  const [first, setFirst] = useState<Connection>();
  if (!first && states.every((state) => !state.isPending)) {
    setFirst(connections.find((_, index) => (counts[index] ?? 0) > 0) ?? connections[0]);
  }
  const current = wanted ?? first;
  if (!current) return <LoadingRows />;
  return (
    <Stack gap="md">
      <Select
        label="Destination"
        maw={420}
        allowDeselect={false}
        value={current.id}
        onChange={(id) =>
          setParameters((before) => {
            before.set("destination", id ?? "");
            before.delete("letter");
            return before;
          })
        }
        data={connections.map((one, index) => ({
          value: one.id,
          label: `${one.name} (${counts[index]?.toLocaleString() ?? "…"})`,
        }))}
      />
      <Letters key={current.id} connection={current} />
    </Stack>
  );
}

function useLetters(connection: Connection) {
  return useInfiniteQuery({
    queryKey: ["dead-letters", connection.id],
    queryFn: ({ pageParam }) => deadLetters(connection.id, pageParam),
    initialPageParam: "0",
    getNextPageParam: (page) => page.next,
    refetchInterval: 15_000,
  });
}

function Letters({ connection }: { connection: Connection }) {
  const client = useQueryClient();
  const [parameters, setParameters] = useSearchParams();
  const letters = useLetters(connection);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [progress, setProgress] = useState<Done | null>(null);
  const isStopped = useRef(false);
  const mayEdit = useMay("editor");
  const rows = letters.data?.pages.flatMap((page) => page.deadLetters) ?? [];
  const total = letters.data?.pages[0]?.totalEntries ?? 0;
  const selected = rows.filter((row) => chosen.has(row.id));

  const refresh = async () => {
    setChosen(new Set());
    await Promise.all([
      client.invalidateQueries({ queryKey: ["dead-letters", connection.id] }),
      client.invalidateQueries({ queryKey: ["destination-state", connection.id] }),
    ]);
  };
  const again = async (ids: readonly string[] | "all") => {
    isStopped.current = false;
    const goesOn = (done: Done) => {
      setProgress(done);
      return !isStopped.current;
    };
    setProgress({ done: 0, total: ids === "all" ? total : ids.length });
    try {
      const done =
        ids === "all"
          ? await sendAll(connection.id, total, goesOn)
          : await sendThese(connection.id, ids, goesOn);
      tell(`${done.toLocaleString()} ${done === 1 ? "is" : "are"} on the way again.`);
    } catch (error) {
      tellError(error);
    } finally {
      setProgress(null);
      await refresh();
    }
  };
  const discard = async (ids: readonly string[] | "all") => {
    const path = { destination_id: connection.id };
    if (ids === "all") {
      await data(api.DELETE("/destinations/{destination_id}/dead-letters", { params: { path } }));
    } else {
      for (const id of ids) {
        await data(
          api.DELETE("/destinations/{destination_id}/dead-letters/{letter_id}", {
            params: { path: { ...path, letter_id: id } },
          }),
        );
      }
    }
    await refresh();
  };
  const show = (letter: string | null) =>
    setParameters((before) => {
      if (letter) before.set("letter", letter);
      else before.delete("letter");
      before.set("destination", connection.id);
      return before;
    });
  const some = selected.length > 0;
  const count = some ? selected.length : total;
  const ids = some ? selected.map((row) => row.id) : "all";

  return (
    <>
      <QueryView query={letters}>
        {() =>
          rows.length === 0 ? (
            <EmptyState
              icon={IconArchive}
              title={`${connection.name} has no dead letters`}
              action={{
                label: "View delivery",
                to: `/destinations/${connection.id}/delivery`,
              }}
            >
              Everything was delivered, filtered, or is waiting for its next attempt.
            </EmptyState>
          ) : (
            <Stack gap="sm">
              {mayEdit && (
                <Group justify="space-between">
                  <Text c="dimmed" aria-live="polite">
                    {some
                      ? `${selected.length.toLocaleString()} of ${total.toLocaleString()} chosen`
                      : `${total.toLocaleString()} ${total === 1 ? "dead letter" : "dead letters"}, oldest first`}
                  </Text>
                  <Group gap="xs">
                    <ConfirmButton
                      // A question about some does not turn into one about all while it is read.
                      key={String(some)}
                      label={some ? `Discard ${count.toLocaleString()}` : "Discard all"}
                      title={`Discard ${count.toLocaleString()} ${count === 1 ? "dead letter" : "dead letters"}?`}
                      disabled={progress !== null}
                      {...(!some && total > 1 ? { typed: String(total) } : {})}
                      onConfirm={() => discard(ids)}
                    >
                      {connection.name} will never get {count === 1 ? "this one" : "these"}: their
                      payloads are deleted. The events themselves stay for as long as the journal
                      keeps them, and can be replayed until then.
                    </ConfirmButton>
                    <Button loading={progress !== null} onClick={() => void again(ids)}>
                      {some ? `Send ${count.toLocaleString()} again` : "Send all again"}
                    </Button>
                  </Group>
                </Group>
              )}
              {progress && (
                <Paper p="sm" role="status">
                  <Group justify="space-between" mb={6}>
                    <Text fz="sm">
                      {progress.done.toLocaleString()} of {progress.total.toLocaleString()} sent
                      again
                    </Text>
                    <Button
                      size="compact-sm"
                      variant="default"
                      onClick={() => {
                        isStopped.current = true;
                      }}
                    >
                      Stop
                    </Button>
                  </Group>
                  <Progress
                    value={(100 * progress.done) / Math.max(progress.total, 1)}
                    aria-label="Progress"
                  />
                </Paper>
              )}
              <DataTable
                label="Dead letters"
                columns={columnsWith(mayEdit, chosen, setChosen)}
                rows={rows}
                rowKey={(row) => row.id}
                onOpen={(row) => show(row.id)}
                maxHeight="62vh"
              />
              {letters.hasNextPage && (
                <Button
                  variant="default"
                  loading={letters.isFetchingNextPage}
                  onClick={() => void letters.fetchNextPage()}
                >
                  Show more ({rows.length.toLocaleString()} of {total.toLocaleString()})
                </Button>
              )}
            </Stack>
          )
        }
      </QueryView>
      <DeadLetterDrawer
        connection={connection}
        letterId={parameters.get("letter")}
        onClose={() => show(null)}
        onAgain={(id) => again([id])}
        onDiscard={(id) => discard([id])}
      />
    </>
  );
}

function columnsWith(
  mayEdit: boolean,
  chosen: ReadonlySet<string>,
  setChosen: (ids: ReadonlySet<string>) => void,
): Column<DeadLetter>[] {
  const turn = (id: string) => {
    const after = new Set(chosen);
    if (!after.delete(id)) after.add(id);
    setChosen(after);
  };
  return [
    {
      key: "event",
      label: "Event",
      sortBy: (row) => row.eventName ?? row.eventType,
      render: (row) => (
        <Group gap="sm" wrap="nowrap">
          {mayEdit && (
            <Checkbox
              size="xs"
              radius="xs"
              aria-label={`Choose ${row.eventName ?? row.eventType} ${row.messageId}`}
              checked={chosen.has(row.id)}
              onChange={() => turn(row.id)}
            />
          )}
          <div style={{ minWidth: 0 }}>
            <Text fw={600} fz="sm">
              {row.eventName ?? row.eventType}
            </Text>
            <Text fz="xs" c="dimmed" truncate>
              {row.messageId}
            </Text>
          </div>
        </Group>
      ),
    },
    {
      key: "what",
      label: "Why",
      width: "minmax(0, 2fr)",
      sortBy: (row) => row.what,
      render: (row) => (
        <Text fz="sm" lineClamp={2}>
          {row.what}
        </Text>
      ),
    },
    {
      key: "attempts",
      label: "Attempts",
      align: "right",
      width: "80px",
      sortBy: (row) => row.attempts,
      render: (row) => row.attempts.toLocaleString(),
    },
    {
      key: "at",
      label: "Failed",
      width: "130px",
      sortBy: (row) => row.givenUpAt,
      render: (row) => <TimeAgo at={row.givenUpAt} />,
    },
  ];
}
