/** Every destination: from which source, how it is, and its switch. */

import { Anchor, Badge, Button, Switch, Text } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { destinationsQuery, sourcesQuery } from "../../api/queries";
import { useMay } from "../../api/roles";
import { type Column, DataTable } from "../../parts/data_table";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { StatusBadge } from "../../parts/status_badge";
import { MODE_WORDS } from "../catalog/entries";
import { useEnable } from "./enable";
import { healthOf } from "./health";
import { type Destination, statesQuery } from "./queries";

export function DestinationsPage() {
  const destinations = useQuery(destinationsQuery);
  const sources = useQuery(sourcesQuery);
  const states = useQuery(statesQuery);
  const canEdit = useMay("editor");
  const enable = useEnable();
  const names = new Map(sources.data?.map((one) => [one.id, one.name]));
  const health = (one: Destination) =>
    healthOf(one.enabled, states.isPending ? null : states.data?.get(one.id));

  const columns: Column<Destination>[] = [
    {
      key: "name",
      label: "Destination",
      width: "minmax(0, 2fr)",
      sortBy: (one) => one.name,
      render: (one) => (
        <Anchor component={Link} to={`/destinations/${one.id}`} fw={550} fz="sm">
          {one.name}
        </Anchor>
      ),
    },
    {
      key: "source",
      label: "Source",
      width: "minmax(0, 1.4fr)",
      sortBy: (one) => names.get(one.sourceId),
      render: (one) => names.get(one.sourceId) ?? "",
    },
    {
      key: "mode",
      label: "Mode",
      width: "130px",
      sortBy: (one) => one.metadata.mode,
      render: (one) => <Badge>{MODE_WORDS[one.metadata.mode]}</Badge>,
    },
    {
      key: "health",
      label: "Health",
      width: "minmax(0, 1.4fr)",
      sortBy: (one) => health(one).words,
      render: (one) => {
        const { state, words } = health(one);
        return <StatusBadge state={state}>{words}</StatusBadge>;
      },
    },
    {
      key: "enabled",
      label: "Enabled",
      width: "90px",
      sortBy: (one) => Number(one.enabled),
      render: (one) => (
        <Switch
          aria-label={`${one.name} is enabled`}
          checked={one.enabled}
          disabled={!canEdit}
          title={canEdit ? undefined : "Your role is viewer: only editors can change this."}
          onChange={(event) => enable(one, event.currentTarget.checked)}
        />
      ),
    },
  ];

  return (
    <>
      <PageHeader
        title="Destinations"
        description="Where your events are sent."
        actions={
          canEdit && (
            <Button component={Link} to="/catalog">
              Add destination
            </Button>
          )
        }
      />
      <QueryView query={destinations}>
        {(rows) => (
          <DataTable
            label="Destinations"
            columns={columns}
            rows={rows}
            rowKey={(one) => one.id}
            to={(one) => `/destinations/${one.id}`}
            empty={
              <EmptyState
                icon={IconPlugConnected}
                title="No destinations yet"
                action={{ label: "Choose from the catalog", to: "/catalog" }}
              >
                Incoming events are kept but not sent anywhere. Connect a destination to start
                sending them.
              </EmptyState>
            }
          />
        )}
      </QueryView>
      {states.error && (
        <Text c="dimmed" mt="sm">
          Delivery status is unavailable right now. Retrying in a few seconds.
        </Text>
      )}
    </>
  );
}
