/** Who is in it. */

import { Button, Code, Group, Paper, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconPlugConnected, IconSearch, IconUsersGroup } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { useMay } from "../../api/roles";
import { type Column, DataTable } from "../../parts/data_table";
import { EmptyState } from "../../parts/empty_state";
import { LoadingRows, QueryView } from "../../parts/query_view";
import { TimeAgo } from "../../parts/time_ago";
import { useLoaded } from "./audience";
import classes from "./audience.module.css";
import { accountLink, identifiersInOrder, profileLink, shown } from "./people";
import { Who } from "./preview_pane";
import { type Member, membersQuery } from "./queries";

const SEARCH_WAIT_MS = 250;

export function MembersTab() {
  const { one, kind } = useLoaded();
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim(), SEARCH_WAIT_MS);
  // The cursors of the pages before this one, and of this one.
  const [cursors, setCursors] = useState<(string | null)[]>([null]);
  const query = useQuery(membersQuery(kind, one.id, search, cursors.at(-1) ?? null));
  const isOfUsers = one.definition.type === "USERS";
  const columns: Column<Member>[] = [
    {
      key: "who",
      label: isOfUsers ? "Person" : "Account",
      width: "minmax(0, 2fr)",
      render: (member) => <Who member={member} />,
    },
    ...(isOfUsers
      ? [
          {
            key: "ids",
            label: "Known by",
            width: "minmax(0, 1.6fr)",
            render: ({ profile }: Member) => (
              <Text fz="xs" c="dimmed" truncate>
                {identifiersInOrder(profile?.identifiers ?? [])
                  .slice(0, 3)
                  .map((id) => id.type.replace("_", " "))
                  .join(", ")}
              </Text>
            ),
          },
        ]
      : []),
    ...(kind === "computed_trait"
      ? [{ key: "value", label: "Value", render: (member: Member) => shown(member.value) }]
      : []),
    {
      key: "since",
      label: kind === "audience" ? "Member since" : "Since",
      width: "150px",
      render: ({ since }) => (since ? <TimeAgo at={since} /> : ""),
    },
  ];
  return (
    <>
      <NextStep />
      <TextInput
        type="search"
        aria-label={`Look for ${isOfUsers ? "somebody" : "an account"}`}
        placeholder={
          isOfUsers ? "Beginning of a user id or e-mail address" : "Beginning of the group id"
        }
        leftSection={<IconSearch size={16} aria-hidden />}
        value={typed}
        maw={420}
        mb="md"
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setCursors([null]);
        }}
      />
      <QueryView query={query}>
        {({ members, next }) => (
          <>
            <DataTable
              label="Members"
              columns={columns}
              rows={members}
              rowKey={(member) => member.profile?.id ?? member.groupId ?? shown(member.since)}
              to={(member) =>
                member.profile
                  ? profileLink(member.profile.id)
                  : member.groupId
                    ? accountLink(member.groupId)
                    : ""
              }
              empty={
                query.isPlaceholderData ? (
                  <LoadingRows />
                ) : (
                  <Nobody search={search} onClear={() => setTyped("")} />
                )
              }
            />
            {(cursors.length > 1 || next) && (
              <Group mt="md" justify="space-between">
                <Button
                  variant="default"
                  disabled={cursors.length === 1}
                  onClick={() => setCursors((all) => all.slice(0, -1))}
                >
                  Before
                </Button>
                <Button
                  variant="default"
                  // The page after the one that is on its way is not known yet.
                  disabled={!next || query.isPlaceholderData}
                  onClick={() => setCursors((all) => [...all, next])}
                >
                  Next
                </Button>
              </Group>
            )}
          </>
        )}
      </QueryView>
    </>
  );
}

/** What is to be done with it next, as long as nobody is told. */
function NextStep() {
  const { one } = useLoaded();
  const mayEdit = useMay("editor");
  if (one.destinations.length > 0 || !mayEdit) return null;
  return (
    <Paper p="md" component="section" aria-label="Next step" className={classes.next}>
      <div>
        <Text fw={600}>Nobody is told of it yet</Text>
        <Text c="dimmed" fz="sm">
          Connect a destination, such as Ramen: it gets <Code>{one.key}</Code> of everybody who is
          in it, and of each change within seconds.
        </Text>
      </div>
      <Button
        component={Link}
        to="destinations"
        state={{ isConnecting: true }}
        leftSection={<IconPlugConnected size={16} aria-hidden />}
      >
        Connect a destination
      </Button>
    </Paper>
  );
}

function Nobody({ search, onClear }: { search: string; onClear: () => void }) {
  const { one } = useLoaded();
  if (search) {
    return (
      <EmptyState
        icon={IconSearch}
        title="Nobody of that name is in it"
        action={{ label: "Show all", onClick: onClear }}
      >
        It looks for user ids, e-mail addresses and other identifiers that begin so.
      </EmptyState>
    );
  }
  if (one.state === "computing") {
    return (
      <EmptyState icon={IconUsersGroup} title="It is being computed">
        Everybody in the history is looked at. They appear here when it is done.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={IconUsersGroup}
      title="Nobody at the moment"
      action={{ label: "Look at the definition", to: "definition" }}
    >
      Who fulfils the definition later gets in within a second.
    </EmptyState>
  );
}
