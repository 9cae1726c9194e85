/** Where is my event: by id, user or name; or what lies behind a number of the overview. */

import { Button, Group, Pill, Stack, Text } from "@mantine/core";
import { IconRoute } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { destinationsQuery, sourcesQuery } from "../../api/queries";
import { type Column, DataTable } from "../../parts/data_table";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { StatusBadge } from "../../parts/status_badge";
import { TimeAgo } from "../../parts/time_ago";
import { reasonInWords } from "../delivery/reasons";
import { type Entry, stepInWords } from "./life";
import { traceLink, type Wanted, wantedOf } from "./link";
import { entriesQuery } from "./queries";
import { SearchBox } from "./search_box";

const short = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function SearchPage() {
  const [parameters, setParameters] = useSearchParams();
  const wanted = wantedOf(parameters);
  const isEmpty = Object.keys(wanted).length === 0;
  const entries = useInfiniteQuery({
    ...entriesQuery(isEmpty ? { step: "received" } : wanted),
    refetchInterval: isEmpty ? 5_000 : false,
  });
  const names = useNames();
  return (
    <>
      <PageHeader
        title="Where is my event?"
        description="Look up any event and see what happened to it, from source to destination."
      />
      <Stack gap="lg">
        <SearchBox
          key={`${wanted.userId} ${wanted.eventName}`}
          wanted={wanted}
          hasFocus={isEmpty}
        />
        {isEmpty ? (
          <Text c="dimmed">The latest events:</Text>
        ) : (
          <Filters
            wanted={wanted}
            names={names}
            onRemove={(keys) =>
              setParameters((before) => {
                for (const key of keys) before.delete(key);
                return before;
              })
            }
          />
        )}
        <QueryView query={entries}>
          {(found) => (
            <Stack>
              <DataTable
                label="Events"
                columns={columnsFor(names)}
                rows={found.pages.flatMap((page) => page.entries)}
                rowKey={(entry) =>
                  `${entry.outcomeId ?? entry.messageId} ${entry.at} ${entry.step}`
                }
                to={(entry) => traceLink(entry.messageId)}
                maxHeight="64vh"
                empty={
                  <EmptyState
                    icon={IconRoute}
                    title={isEmpty ? "No events yet" : "No events found"}
                    action={
                      isEmpty
                        ? { label: "Set up a source", to: "/sources" }
                        : { label: "Show the latest events", to: "/events" }
                    }
                  >
                    {isEmpty
                      ? "When a source sends its first event, you can follow it here."
                      : "New events show up within a second. Names and IDs are case-sensitive."}
                  </EmptyState>
                }
              />
              {entries.hasNextPage && (
                <Button
                  variant="default"
                  loading={entries.isFetchingNextPage}
                  onClick={() => void entries.fetchNextPage()}
                >
                  Show older ones
                </Button>
              )}
            </Stack>
          )}
        </QueryView>
      </Stack>
    </>
  );
}

function useNames(): Map<string, string> {
  const sources = useQuery(sourcesQuery).data ?? [];
  const connections = useQuery(destinationsQuery).data ?? [];
  return new Map([...sources, ...connections].map(({ id, name }) => [id, name]));
}

interface FiltersProps {
  wanted: Wanted;
  names: Map<string, string>;
  onRemove: (keys: string[]) => void;
}

function Filters({ wanted, names, onRemove }: FiltersProps) {
  const said: [string[], string | false | null | undefined][] = [
    [["sourceId"], wanted.sourceId && `From ${names.get(wanted.sourceId) ?? wanted.sourceId}`],
    [
      ["destinationId"],
      wanted.destinationId && `To ${names.get(wanted.destinationId) ?? wanted.destinationId}`,
    ],
    [["step"], wanted.step && stepInWords(wanted.step).word],
    [["reason"], wanted.reason && reasonInWords(wanted.reason)],
    [["eventType"], wanted.eventType],
    [["eventName"], wanted.eventName && `“${wanted.eventName}”`],
    [["userId"], wanted.userId && `Of ${wanted.userId}`],
    [
      ["from", "to"],
      wanted.from && wanted.to && short.formatRange(new Date(wanted.from), new Date(wanted.to)),
    ],
  ];
  return (
    <Group gap={6} role="group" aria-label="Only">
      <Text c="dimmed">Only:</Text>
      {said.map(
        ([keys, words]) =>
          words && (
            <Pill
              key={keys[0]}
              withRemoveButton
              size="md"
              onRemove={() => onRemove(keys)}
              removeButtonProps={{
                "aria-label": `Without “${words}”`,
                "aria-hidden": false,
                tabIndex: 0,
              }}
            >
              {words}
            </Pill>
          ),
      )}
    </Group>
  );
}

const columnsFor = (names: Map<string, string>): Column<Entry>[] => [
  {
    key: "event",
    label: "Event",
    width: "minmax(0, 1.6fr)",
    render: (entry) => (
      <>
        <Text fw={600} fz="sm">
          {entry.eventName || entry.eventType || "unknown"}
        </Text>
        <Text fz="xs" c="dimmed" truncate title={entry.messageId}>
          {entry.messageId}
        </Text>
      </>
    ),
  },
  {
    key: "step",
    label: "Step",
    width: "130px",
    render: ({ step }) => {
      const { state, word } = stepInWords(step);
      return <StatusBadge state={state}>{word}</StatusBadge>;
    },
  },
  {
    key: "where",
    label: "Where",
    render: (entry) => names.get(entry.destinationId ?? entry.sourceId) ?? "–",
  },
  {
    key: "why",
    label: "More",
    width: "minmax(0, 1.6fr)",
    render: (entry) => (
      <Text fz="sm" c="dimmed" lineClamp={2}>
        {entry.what ||
          (entry.reason && reasonInWords(entry.reason)) ||
          entry.userId ||
          entry.anonymousId ||
          "–"}
      </Text>
    ),
  },
  { key: "at", label: "When", width: "130px", render: (entry) => <TimeAgo at={entry.at} /> },
];
