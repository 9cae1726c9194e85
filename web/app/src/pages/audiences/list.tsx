import { Alert, Anchor, Button, Text } from "@mantine/core";
import { IconPlus, IconUsersGroup } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { useMay } from "../../api/roles";
import type { components } from "../../api/schema";
import { type Column, DataTable } from "../../parts/data_table";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { TimeAgo } from "../../parts/time_ago";
import classes from "./audience.module.css";
import { type Computation, type Kind, listQuery, sizesQuery, WORDS } from "./queries";
import { StandingBadge } from "./standing";
import { Change, SizeLine } from "./trend";
import { progressOf } from "./words";

const DESCRIPTIONS: Record<Kind, string> = {
  audience:
    "People or accounts who have something in common. Destinations hear who gets in and who leaves, within seconds.",
  computed_trait:
    "What is worked out about everybody from what they did, such as how much they spent.",
};

type AllSizes = ReadonlyMap<string, components["schemas"]["SizesShape"]>;

const columns = (
  kind: Kind,
  sizes: AllSizes | undefined,
  mayEdit: boolean,
): readonly Column<Computation>[] => [
  {
    key: "name",
    label: WORDS[kind].One,
    width: "minmax(0, 2fr)",
    sortBy: (one) => one.name,
    render: (one) => (
      <>
        <Anchor component={Link} to={`${WORDS[kind].to}/${one.id}`} fw={550} fz="sm">
          {one.name}
        </Anchor>
        <Text fz="xs" c="dimmed" ff="monospace" className={classes.key}>
          {one.key}
        </Text>
      </>
    ),
  },
  {
    key: "size",
    label: kind === "audience" ? "Size" : "Have a value",
    align: "right",
    width: "150px",
    sortBy: (one) => one.size,
    render: (one) => (
      <span className={classes.size}>
        {one.size.toLocaleString()}
        <Change one={one} sizes={sizes?.get(one.id)} isOnlyIfAny />
      </span>
    ),
  },
  {
    key: "trend",
    label: "Last day",
    width: "130px",
    render: (one) => <SizeLine one={one} sizes={sizes?.get(one.id)} over="the last day" />,
  },
  {
    key: "about",
    label: "About",
    width: "100px",
    sortBy: (one) => one.definition.type,
    render: (one) => (one.definition.type === "USERS" ? "Users" : "Accounts"),
  },
  {
    key: "state",
    label: "State",
    width: "130px",
    sortBy: (one) => one.state,
    render: (one) => <StandingBadge one={one} />,
  },
  {
    key: "destinations",
    label: "Destinations",
    width: "minmax(0, 1.6fr)",
    sortBy: (one) => one.destinations.length,
    render: (one) =>
      one.destinations.length === 0 ? (
        mayEdit ? (
          <Anchor component={Link} to={`${WORDS[kind].to}/${one.id}/destinations`} fz="sm">
            Connect one
          </Anchor>
        ) : (
          <Text c="dimmed" fz="sm">
            none
          </Text>
        )
      ) : (
        one.destinations.map((output) => {
          const { isDone, percent } = progressOf(output);
          return (
            <div key={output.destinationId}>
              {output.name}
              {!isDone && percent !== null && (
                <Text span c="dimmed" fz="xs">
                  {" "}
                  first sync {percent} %
                </Text>
              )}
            </div>
          );
        })
      ),
  },
  {
    key: "changed",
    label: "Changed",
    width: "130px",
    sortBy: (one) => one.updatedAt,
    render: (one) => <TimeAgo at={one.updatedAt} />,
  },
];

export function ComputationsPage({ kind }: { kind: Kind }) {
  const query = useQuery(listQuery(kind));
  const sizes = useQuery(sizesQuery(kind));
  const mayEdit = useMay("editor");
  const { one, many, to } = WORDS[kind];
  return (
    <>
      <PageHeader
        title={many}
        description={DESCRIPTIONS[kind]}
        actions={
          mayEdit && (
            <Button
              component={Link}
              to={`${to}/new`}
              leftSection={<IconPlus size={16} aria-hidden />}
            >
              New {one}
            </Button>
          )
        }
      />
      <QueryView query={query}>
        {(rows) => (
          <>
            {rows.some((row) => row.state === "failed") && (
              <Alert color="red" variant="outline" mb="md" title="Not everything could be computed">
                It is tried again every minute. If it stays so, open it and change its definition.
              </Alert>
            )}
            <DataTable
              label={many}
              columns={columns(kind, sizes.data, mayEdit)}
              rows={rows}
              rowKey={(row) => row.id}
              to={(row) => `${to}/${row.id}`}
              empty={
                <EmptyState
                  icon={IconUsersGroup}
                  title={`There is no ${one} yet`}
                  {...(mayEdit
                    ? { action: { label: `Make the first ${one}`, to: `${to}/new` } }
                    : {})}
                >
                  {kind === "audience"
                    ? "Such as those who ordered at least once in the last 30 days. You see who it is before you save it."
                    : "Such as how much somebody spent in the last 90 days. Audiences can use it, and destinations get it."}
                </EmptyState>
              }
            />
          </>
        )}
      </QueryView>
    </>
  );
}

export const AudiencesPage = () => <ComputationsPage kind="audience" />;
