/** Who did what, and when; with what it was before and after. */

import { Anchor, Button, Group, Paper, Select, Stack, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { api, data } from "../../api/client";
import { useMay } from "../../api/roles";
import type { components } from "../../api/schema";
import { ChangeLine } from "../../parts/change_line";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { TimeAgo } from "../../parts/time_ago";
import { Diff } from "./diff";
import { NotAllowed } from "./not_allowed";
import classes from "./workspace.module.css";

type Entry = components["schemas"]["AuditEntryShape"];

const KINDS = [
  { value: "source", label: "Sources" },
  { value: "connection", label: "Destinations" },
  { value: "mapping", label: "Mappings" },
  { value: "filter", label: "Filters" },
  { value: "person", label: "People" },
  { value: "token", label: "API tokens" },
  { value: "session", label: "Sign-ins" },
  { value: "replay", label: "Replays" },
];
const PAGE = 50;

export function AuditPage() {
  return useMay("editor") ? <Audit /> : <NotAllowed title="Audit log" needs="editor" />;
}

function Audit() {
  const [parameters, setParameters] = useSearchParams();
  const kind = parameters.get("kind");
  const who = parameters.get("who");
  const entries = useInfiniteQuery({
    queryKey: ["audit", kind, who],
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/audit", {
          params: {
            query: {
              "pagination[count]": PAGE,
              ...(pageParam ? { "pagination[cursor]": pageParam } : {}),
              ...(kind ? { kind } : {}),
              ...(who ? { who } : {}),
            },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.pagination.next,
  });
  const set = (key: string, value: string | null) =>
    setParameters((before) => {
      if (value) before.set(key, value);
      else before.delete(key);
      return before;
    });
  return (
    <>
      <PageHeader
        title="Audit log"
        description="Who changed what, who signed in, and what was done to deliveries. Secrets are hidden."
      />
      <Stack>
        <Group gap="sm" align="flex-end">
          <Select
            label="Of what"
            placeholder="Everything"
            data={KINDS}
            value={kind}
            clearable
            onChange={(value) => set("kind", value)}
          />
          {who && (
            <Button variant="default" onClick={() => set("who", null)}>
              Show everyone
            </Button>
          )}
        </Group>
        <QueryView query={entries}>
          {(found) => {
            const all = found.pages.flatMap((page) => page.entries);
            if (all.length === 0) {
              return (
                <EmptyState
                  icon={IconHistory}
                  title="No matching entries"
                  {...(kind || who
                    ? { action: { label: "Show all", to: "/workspace/audit" } }
                    : {})}
                >
                  Every change shows here, with who made it.
                </EmptyState>
              );
            }
            return (
              <Stack>
                <Paper component="ul" className={classes.changes} aria-label="Audit log">
                  {all.map((entry) => (
                    <AuditLine key={entry.id} entry={entry} />
                  ))}
                </Paper>
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
            );
          }}
        </QueryView>
      </Stack>
    </>
  );
}

function AuditLine({ entry }: { entry: Entry }) {
  const head = (
    <Group justify="space-between" component="span" className={classes.head ?? ""}>
      <Text span fz="sm" flex="1 1 240px">
        <ChangeLine entry={entry} />
      </Text>
      <Text span fz="xs" c="dimmed">
        <TimeAgo at={entry.at} />
      </Text>
    </Group>
  );
  return (
    <li>
      {entry.before || entry.after ? (
        <details>
          <summary>{head}</summary>
          <Diff before={entry.before} after={entry.after} />
          {entry.who.id && (
            <Anchor
              component={Link}
              to={`/workspace/audit?who=${encodeURIComponent(entry.who.id)}`}
              fz="xs"
            >
              Everything by {entry.who.name}
            </Anchor>
          )}
        </details>
      ) : (
        <div className={classes.bare}>{head}</div>
      )}
    </li>
  );
}
