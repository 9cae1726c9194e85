import { Alert, Button, Code, Text } from "@mantine/core";
import { IconBroadcast, IconKey, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { sourcesQuery } from "../../api/queries";
import { useMay } from "../../api/roles";
import { perStretch, type Volume, volumesQuery } from "../../api/volumes";
import { type Column, DataTable } from "../../parts/data_table";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { Sparkline } from "../../parts/sparkline";
import { StatusBadge } from "../../parts/status_badge";
import { TimeAgo } from "../../parts/time_ago";
import { type Source, searchLedger } from "./queries";
import classes from "./sources.module.css";

interface Row {
  source: Source;
  /** Undefined until it is known; null if nothing ever came. */
  volume: Volume | null | undefined;
  counts: readonly number[] | null | undefined;
}

const columns: readonly Column<Row>[] = [
  {
    key: "name",
    label: "Source",
    width: "minmax(0, 2fr)",
    sortBy: ({ source }) => source.name,
    render: ({ source }) => (
      <>
        <Link to={`/sources/${source.id}`} className={classes.name ?? ""}>
          {source.name}
        </Link>
        <div className={classes.slug}>{source.slug}</div>
      </>
    ),
  },
  {
    key: "type",
    label: "Type",
    sortBy: ({ source }) => source.metadata.name,
    render: ({ source }) => source.metadata.name,
  },
  {
    key: "volume",
    label: "Events, last 24 hours",
    width: "minmax(0, 1.7fr)",
    sortBy: ({ volume }) => volume?.received,
    render: ({ volume, counts, source }) =>
      volume === null ? (
        "0"
      ) : volume && counts ? (
        <div className={classes.volume}>
          <Sparkline values={counts} label={`Events of ${source.name}`} width={96} height={24} />
          {volume.received.toLocaleString()}
        </div>
      ) : (
        "…"
      ),
  },
  {
    key: "discarded",
    label: "Discarded",
    align: "right",
    width: "minmax(0, 0.8fr)",
    sortBy: ({ volume }) => volume?.discarded,
    render: ({ volume, source }) =>
      volume === undefined ? (
        "…"
      ) : volume?.discarded ? (
        <Link to={`/sources/${source.id}/discards`}>{volume.discarded.toLocaleString()}</Link>
      ) : (
        "0"
      ),
  },
  {
    key: "last",
    label: "Last event",
    width: "minmax(0, 1.1fr)",
    sortBy: ({ volume }) => volume?.lastReceivedAt,
    render: ({ volume }) =>
      volume?.lastReceivedAt ? (
        <TimeAgo at={volume.lastReceivedAt} />
      ) : volume === undefined ? (
        "…"
      ) : (
        "never"
      ),
  },
  {
    key: "state",
    label: "State",
    width: "minmax(0, 1fr)",
    sortBy: ({ source }) => (source.enabled ? "Enabled" : "Disabled"),
    render: ({ source }) => (
      <StatusBadge state={source.enabled ? "good" : "idle"}>
        {source.enabled ? "Enabled" : "Disabled"}
      </StatusBadge>
    ),
  },
];

export function SourcesPage() {
  const query = useQuery(sourcesQuery);
  const volumes = useQuery(volumesQuery("day"));
  const canEdit = useMay("editor");
  const rowOf = (source: Source): Row => {
    const volume =
      volumes.data && (volumes.data.volumes.find((one) => one.sourceId === source.id) ?? null);
    const counts = volume && perStretch([volume], "day", volumes.data?.startMs ?? 0);
    return { source, volume, counts };
  };
  return (
    <>
      <PageHeader
        title="Sources"
        description="Websites, apps and servers that send events here, each with its own write key."
        actions={
          canEdit && (
            <Button
              component={Link}
              to="/sources/new"
              leftSection={<IconPlus size={16} aria-hidden />}
            >
              New source
            </Button>
          )
        }
      />
      <UnknownKey />
      <QueryView query={query}>
        {(sources) => (
          <DataTable
            label="Sources"
            columns={columns}
            rows={sources.map(rowOf)}
            rowKey={({ source }) => source.id}
            to={({ source }) => `/sources/${source.id}`}
            empty={
              <EmptyState
                icon={IconBroadcast}
                title="No sources yet"
                {...(canEdit ? { action: { label: "Create a source", to: "/sources/new" } } : {})}
              >
                A source gives you a write key to send events with. They go on to the destinations
                you connect.
              </EmptyState>
            }
          />
        )}
      </QueryView>
    </>
  );
}

const RECENT_MS = 3_600_000;

/** Somebody sends with a write key that no source has: it is often one that was mistyped. */
export function UnknownKey() {
  const { data: latest } = useQuery({
    queryKey: ["ledger", "unknown-source"],
    queryFn: async () =>
      (await searchLedger({ step: "discarded", reason: "unknown_source", limit: 1 }))[0] ?? null,
    refetchInterval: 10_000,
  });
  if (!latest || Date.now() - Date.parse(latest.at) > RECENT_MS) return null;
  const key = /"(.*)"/.exec(latest.what ?? "")?.[1];
  return (
    <Alert
      color="amber"
      variant="outline"
      icon={<IconKey />}
      title="Events are arriving with an unknown write key"
      mb="lg"
      bg="var(--mantine-color-body)"
    >
      <Text fz="sm">
        {key && (
          <>
            The key is <Code>{key}</Code>, last seen <TimeAgo at={latest.at} />.{" "}
          </>
        )}
        Its events are discarded. Correct the key at the sender, or add it to a source under
        Settings.
      </Text>
    </Alert>
  );
}
