/** How everything is: volumes, destinations, what wants to be looked at, and what was changed. */

import { Group, Paper, SimpleGrid, Skeleton, Stack, Text, Title } from "@mantine/core";
import { IconBroadcast, IconPlugConnected } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { balanceQuery, destinationsQuery, sourcesQuery } from "../../api/queries";
import { session } from "../../api/session";
import { useSignal } from "../../api/signal";
import { perStretch, volumesQuery } from "../../api/volumes";
import { ChangeLine } from "../../parts/change_line";
import { EmptyState } from "../../parts/empty_state";
import { areSettled, LoadingRows, QueryView } from "../../parts/query_view";
import { Sparkline } from "../../parts/sparkline";
import { StatusBadge } from "../../parts/status_badge";
import { TimeAgo } from "../../parts/time_ago";
import { VolumeChart } from "../sources/volume_chart";
import {
  changesQuery,
  type DeliveryProblem,
  healthOf,
  problemsOf,
  standingsQuery,
} from "./figures";
import classes from "./home.module.css";

const REFRESH_MS = 10_000;
const SOURCES_SHOWN = 6;

export function Dashboard() {
  const role = useSignal(session)?.role;
  const sources = useQuery(sourcesQuery);
  const connections = useQuery(destinationsQuery);
  const balance = useQuery({ ...balanceQuery, refetchInterval: REFRESH_MS });
  const hour = useQuery(volumesQuery("hour"));
  const standings = useQuery({
    ...standingsQuery(connections.data ?? []),
    enabled: connections.data !== undefined,
    refetchInterval: REFRESH_MS,
  });
  const problems =
    balance.data && connections.data && !standings.isLoading
      ? problemsOf(balance.data, connections.data, standings.data)
      : undefined;
  const changes = useQuery({ ...changesQuery, enabled: role !== "viewer" });
  // All below the figures at once: each would push down what is below itself.
  const isReady =
    areSettled(sources, connections, balance, hour, useQuery(volumesQuery("day"))) &&
    !standings.isLoading &&
    !changes.isLoading;
  const lastHour = hour.data && perStretch(hour.data.volumes, "hour", hour.data.startMs);

  return (
    <Stack gap="lg">
      <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} spacing="md">
        <Figure label="Sources" value={sources.data?.length}>
          <Link to="/sources">All sources</Link>
        </Figure>
        <Figure label="Destinations" value={connections.data?.length}>
          {connections.data && `${connections.data.filter((one) => one.enabled).length} enabled`}
        </Figure>
        <Figure
          label="Events in the last hour"
          value={lastHour?.reduce((sum, count) => sum + count, 0)}
        >
          {lastHour && <Sparkline values={lastHour} label="Events in the last hour" width={150} />}
        </Figure>
        <Figure label="Delivery problems" value={problems?.length}>
          {problems &&
            (problems.length === 0 ? (
              <StatusBadge state="good">All on track</StatusBadge>
            ) : (
              <StatusBadge state="bad">Needs attention</StatusBadge>
            ))}
        </Figure>
      </SimpleGrid>
      {isReady ? <Rest problems={problems ?? []} /> : <LoadingRows />}
    </Stack>
  );
}

/** Everything below the figures. */
function Rest({ problems }: { problems: readonly DeliveryProblem[] }) {
  const role = useSignal(session)?.role;
  const sources = useQuery(sourcesQuery);
  const connections = useQuery(destinationsQuery);
  return (
    <>
      {problems.length > 0 && <Problems problems={problems} />}
      {sources.data?.length === 0 ? (
        <EmptyState
          icon={IconBroadcast}
          title="No sources yet"
          {...(role === "viewer" ? {} : { action: { label: "New source", to: "/sources/new" } })}
        >
          Create one, and send events with its write key.
        </EmptyState>
      ) : (
        <Volumes />
      )}
      {connections.data?.length === 0 ? (
        <EmptyState
          icon={IconPlugConnected}
          title="No destinations yet"
          action={{ label: "Open the catalog", to: "/catalog" }}
        >
          Incoming events are kept but not sent anywhere. Connect a destination to start sending
          them.
        </EmptyState>
      ) : (
        <SimpleGrid cols={{ base: 1, md: role === "viewer" ? 1 : 2 }} spacing="lg">
          <Health />
          {role !== "viewer" && <Changes />}
        </SimpleGrid>
      )}
    </>
  );
}

function Problems({ problems }: { problems: readonly DeliveryProblem[] }) {
  return (
    <section>
      <Title order={2} mb="sm">
        Needs attention
      </Title>
      <Paper component="ul" className={classes.list}>
        {problems.map(({ key, title, todo, to }) => (
          <li key={key}>
            <Text fw={600}>{to ? <Link to={to}>{title}</Link> : title}</Text>
            <Text c="dimmed">{todo}</Text>
          </li>
        ))}
      </Paper>
    </section>
  );
}

function Volumes() {
  const query = useQuery(volumesQuery("day"));
  const { data: sources = [] } = useQuery(sourcesQuery);
  return (
    <Paper p="lg" component="section" aria-label="Events of the last 24 hours">
      <Title order={2} mb="md">
        Events of the last 24 hours
      </Title>
      <QueryView query={query}>
        {({ volumes, startMs }) => {
          const busiest = [...volumes]
            .sort((a, b) => b.received - a.received)
            .slice(0, SOURCES_SHOWN);
          return (
            <>
              <VolumeChart
                counts={perStretch(volumes, "day", startMs)}
                period="day"
                startMs={startMs}
              />
              <ul className={classes.list} data-bare>
                {busiest.map((volume) => (
                  <li key={volume.sourceId} className={classes.line}>
                    <div className={classes.grow}>
                      <Link to={`/sources/${volume.sourceId}`}>
                        {sources.find((source) => source.id === volume.sourceId)?.name ?? "…"}
                      </Link>
                    </div>
                    <span className={classes.dimmed}>
                      {volume.lastReceivedAt ? <TimeAgo at={volume.lastReceivedAt} /> : "never"}
                    </span>
                    <span className={classes.count}>{volume.received.toLocaleString()}</span>
                  </li>
                ))}
              </ul>
            </>
          );
        }}
      </QueryView>
    </Paper>
  );
}

function Health() {
  const query = useQuery(destinationsQuery);
  const { data: sources = [] } = useQuery(sourcesQuery);
  const { data: standings = {} } = useQuery({
    ...standingsQuery(query.data ?? []),
    enabled: query.data !== undefined,
  });
  return (
    <Paper p="lg" component="section" aria-label="Destinations">
      <Title order={2} mb="xs">
        Destinations
      </Title>
      <QueryView query={query}>
        {(connections) => (
          <ul className={classes.list} data-bare>
            {connections.map(({ id, name, enabled, sourceId }) => {
              const health = healthOf(enabled, standings[id]);
              return (
                <li key={id} className={classes.line}>
                  <div className={classes.grow}>
                    <Link to={`/destinations/${id}`}>{name}</Link>
                    <div className={classes.dimmed}>
                      from {sources.find((source) => source.id === sourceId)?.name ?? "…"}
                    </div>
                  </div>
                  <StatusBadge state={health.state}>{health.label}</StatusBadge>
                </li>
              );
            })}
          </ul>
        )}
      </QueryView>
    </Paper>
  );
}

function Changes() {
  const query = useQuery({ ...changesQuery, refetchInterval: 30_000 });
  return (
    <Paper p="lg" component="section" aria-label="Recent changes">
      <Title order={2} mb="xs">
        Recent changes
      </Title>
      <QueryView query={query}>
        {(changes) =>
          changes.length === 0 ? (
            <Text c="dimmed">No changes yet.</Text>
          ) : (
            <ul className={classes.list} data-bare>
              {changes.map((change) => (
                <li key={change.id} className={classes.line}>
                  <div className={classes.grow}>
                    <ChangeLine entry={change} />
                  </div>
                  <span className={classes.dimmed}>
                    <TimeAgo at={change.at} />
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
    </Paper>
  );
}

interface FigureProps {
  label: string;
  value: number | undefined;
  children?: ReactNode;
}

function Figure({ label, value, children }: FigureProps) {
  return (
    <Paper p="md" className={classes.figure}>
      <Text c="dimmed">{label}</Text>
      {value === undefined ? (
        <Skeleton height={34} width={64} my={4} />
      ) : (
        <div className={classes.value}>{value.toLocaleString()}</div>
      )}
      <Group className={classes.more}>{children}</Group>
    </Paper>
  );
}
