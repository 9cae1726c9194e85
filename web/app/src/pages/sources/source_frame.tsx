/** What every page of one source has: its name, its state, and the way to the others. */

import { Button } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useOutletContext, useParams } from "react-router";
import { ApiError } from "../../api/errors";
import { useMay } from "../../api/roles";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { StatusBadge } from "../../parts/status_badge";
import { TabLinks } from "../../parts/tab_links";
import { type Source, sourceQuery } from "./queries";

const TABS = [
  { to: "", label: "Overview" },
  { to: "/debugger", label: "Debugger" },
  { to: "/setup", label: "Set-up" },
  { to: "/discards", label: "Discards" },
  { to: "/settings", label: "Settings" },
];
const CRUMBS = [{ label: "Sources", to: "/sources" }];

/** The source of the page, and the ETag that a change of it is sent with. */
export interface Loaded {
  source: Source;
  etag: string | null;
}

export const useSource = (): Loaded => useOutletContext<Loaded>();

export function SourceFrame() {
  const { sourceId = "" } = useParams();
  const query = useQuery(sourceQuery(sourceId));
  const canEdit = useMay("editor");
  if (query.error instanceof ApiError && query.error.isMissing) return <Gone />;
  return (
    <QueryView query={query}>
      {(loaded) => (
        <>
          <PageHeader
            title={loaded.source.name}
            breadcrumbs={CRUMBS}
            badge={
              <StatusBadge state={loaded.source.enabled ? "good" : "idle"}>
                {loaded.source.enabled ? "Enabled" : "Disabled"}
              </StatusBadge>
            }
            description={loaded.source.metadata.name}
            actions={
              canEdit && (
                <Button
                  component={Link}
                  to={`/catalog?source=${sourceId}`}
                  variant="default"
                  leftSection={<IconPlugConnected size={16} aria-hidden />}
                >
                  Connect a destination
                </Button>
              )
            }
          />
          <TabLinks
            label="Of this source"
            tabs={TABS.map(({ to, label }) => ({ to: `/sources/${sourceId}${to}`, label }))}
          />
          <Outlet context={loaded} />
        </>
      )}
    </QueryView>
  );
}

function Gone() {
  return (
    <>
      <PageHeader title="Source not found" breadcrumbs={CRUMBS} />
      <EmptyState
        icon={IconPlugConnected}
        title="There is no source at this address"
        action={{ label: "Go to the sources", to: "/sources" }}
      >
        It was deleted, or the link is from another server.
      </EmptyState>
    </>
  );
}
