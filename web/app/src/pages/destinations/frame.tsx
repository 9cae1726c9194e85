/** The head of every page of a destination: its name, its switch, and its tabs. */

import { Switch } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useParams } from "react-router";
import { ApiError } from "../../api/errors";
import { useMay } from "../../api/roles";
import { areas } from "../../areas";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { StatusBadge } from "../../parts/status_badge";
import { TabLinks } from "../../parts/tab_links";
import { useEnable } from "./enable";
import { healthOf } from "./health";
import { type Destination, destinationQuery, statesQuery } from "./queries";

type Tab = "overview" | "mappings" | "filters" | "delivery" | "secure-mode" | "settings";

const TABS: readonly { tab: Tab; label: string; isFor?: (one: Destination) => boolean }[] = [
  { tab: "overview", label: "Overview" },
  { tab: "mappings", label: "Mappings", isFor: (one) => one.metadata.kind === "actions" },
  { tab: "filters", label: "Filters" },
  { tab: "delivery", label: "Delivery" },
  { tab: "secure-mode", label: "Secure mode", isFor: (one) => one.metadata.slug === "ramen" },
  { tab: "settings", label: "Settings" },
];

const pathOf = (tab: Tab) => (tab === "overview" ? "" : `/${tab}`);

// Mappings and delivery are areas of their own.
const known = new Set(areas.flatMap((area) => area.routes.map((route) => route.path)));

interface Props {
  children: (destination: Destination, etag: string | null) => ReactNode;
}

/** Shows a page of the destination that the address names. */
export function DestinationFrame({ children }: Props) {
  const { id = "" } = useParams();
  const query = useQuery(destinationQuery(id));
  if (query.error instanceof ApiError && query.error.isMissing) return <Gone />;
  return (
    <QueryView query={query}>
      {({ destination, etag }) => (
        <>
          <Head destination={destination} />
          {children(destination, etag)}
        </>
      )}
    </QueryView>
  );
}

function Gone() {
  return (
    <>
      <PageHeader title="Destination" />
      <EmptyState
        icon={IconPlugConnectedX}
        title="Destination not found"
        action={{ label: "Show all destinations", to: "/destinations" }}
      >
        It may have been deleted. The audit log shows who did it and when.
      </EmptyState>
    </>
  );
}

function Head({ destination }: { destination: Destination }) {
  const states = useQuery(statesQuery);
  const canEdit = useMay("editor");
  const enable = useEnable();
  const { state, words } = healthOf(destination.enabled, states.data?.get(destination.id));
  const base = `/destinations/${destination.id}`;
  const shown = TABS.filter(
    (one) =>
      known.has(`/destinations/:id${pathOf(one.tab)}`) && (!one.isFor || one.isFor(destination)),
  );
  return (
    <>
      <PageHeader
        title={destination.name}
        breadcrumbs={[{ label: "Destinations", to: "/destinations" }]}
        // What the switch says by itself is not said twice.
        badge={
          state === "good" || state === "idle" ? undefined : (
            <StatusBadge state={state}>{words}</StatusBadge>
          )
        }
        actions={
          <Switch
            label={destination.enabled ? "Enabled" : "Disabled"}
            checked={destination.enabled}
            disabled={!canEdit}
            title={canEdit ? undefined : "Your role is viewer: only editors can change this."}
            onChange={(event) => enable(destination, event.currentTarget.checked)}
          />
        }
      />
      <TabLinks
        label="Parts of the destination"
        tabs={shown.map((one) => ({ to: `${base}${pathOf(one.tab)}`, label: one.label }))}
      />
    </>
  );
}
