/** How much a source sends, with what, and where that goes. */

import { Alert, Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconCode } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { recentEventsQuery } from "../../api/recent_events";
import { useMay } from "../../api/roles";
import { PERIODS, type Period, perStretch, volumesQuery } from "../../api/volumes";
import { EmptyState } from "../../parts/empty_state";
import { PeriodControl } from "../../parts/period_control";
import { LoadingRows, QueryView } from "../../parts/query_view";
import { StatusBadge } from "../../parts/status_badge";
import { TimeAgo } from "../../parts/time_ago";
import { librariesOf } from "./libraries";
import { connectedQuery, namesOf, noticesQuery, type Source } from "./queries";
import { useSource } from "./source_frame";
import classes from "./sources.module.css";
import { VolumeChart } from "./volume_chart";

const EVENTS_LOOKED_AT = 100;

export function OverviewTab() {
  const { source } = useSource();
  return (
    <Stack gap="lg">
      <Notices source={source} />
      <VolumeCard source={source} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <Connected source={source} />
        <Libraries source={source} />
      </SimpleGrid>
    </Stack>
  );
}

function Notices({ source }: { source: Source }) {
  const { data: notices = [] } = useQuery(noticesQuery(source.id));
  const { data: destinations = [] } = useQuery(connectedQuery(source.id));
  const names = namesOf(destinations);
  return notices.map((notice) => (
    <Alert
      key={`${notice.code} ${notice.destinationId}`}
      color="amber"
      variant="outline"
      icon={<IconAlertTriangle />}
      title={`${names[notice.destinationId ?? ""] ?? source.name}: ${notice.what}`}
      bg="var(--mantine-color-body)"
    >
      <Text fz="sm">{notice.do}</Text>
      <Text fz="sm" c="dimmed" mt={4}>
        {notice.detail} Seen{" "}
        {notice.count === 1 ? "once" : `${notice.count.toLocaleString()} times`}, last{" "}
        <TimeAgo at={notice.lastAt} />.
      </Text>
    </Alert>
  ));
}

function VolumeCard({ source }: { source: Source }) {
  const [period, setPeriod] = useState<Period>("day");
  const query = useQuery(volumesQuery(period));
  return (
    <Paper p="lg" component="section" aria-label="Volume">
      <Group justify="space-between" mb="md">
        <Title order={2}>Events</Title>
        <PeriodControl value={period} onChange={setPeriod} />
      </Group>
      <QueryView query={query} loading={<LoadingRows count={4} />}>
        {({ volumes, startMs }) => {
          const volume = volumes.find((one) => one.sourceId === source.id);
          if (!volume?.lastReceivedAt && !volume?.discarded) return <Nothing source={source} />;
          return (
            <Stack gap="md">
              <Group gap="xl">
                <Figure label={`Received, ${PERIODS[period].label.toLowerCase()}`}>
                  {volume.received.toLocaleString()}
                </Figure>
                <Figure label="Discarded">
                  {volume.discarded ? (
                    <Link to={`/sources/${source.id}/discards`}>
                      {volume.discarded.toLocaleString()}
                    </Link>
                  ) : (
                    "0"
                  )}
                </Figure>
                <Figure label="Last event">
                  {volume.lastReceivedAt ? <TimeAgo at={volume.lastReceivedAt} /> : "never"}
                </Figure>
              </Group>
              <VolumeChart
                counts={perStretch([volume], period, startMs)}
                period={period}
                startMs={startMs}
              />
            </Stack>
          );
        }}
      </QueryView>
    </Paper>
  );
}

function Figure({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <Text fz="xs" c="dimmed">
        {label}
      </Text>
      <Text fz="lg" fw={600}>
        {children}
      </Text>
    </div>
  );
}

function Nothing({ source }: { source: Source }) {
  return (
    <EmptyState
      icon={IconCode}
      title="No event has come in yet"
      action={{ label: "Set it up", to: `/sources/${source.id}/setup` }}
    >
      Paste the code for your page or server, or send a test event from here.
    </EmptyState>
  );
}

function Connected({ source }: { source: Source }) {
  const query = useQuery(connectedQuery(source.id));
  const canEdit = useMay("editor");
  return (
    <Paper p="lg" component="section" aria-label="Connected destinations">
      <Group justify="space-between" mb="xs">
        <Title order={2}>Connected destinations</Title>
        {canEdit && (query.data?.length ?? 0) > 0 && (
          <Link to={`/catalog?source=${source.id}`}>Add another</Link>
        )}
      </Group>
      <QueryView query={query}>
        {(destinations) =>
          destinations.length === 0 ? (
            <Text c="dimmed">
              None yet: events are kept, and go nowhere.{" "}
              {canEdit && (
                <Link to={`/catalog?source=${source.id}`}>Choose one in the catalog</Link>
              )}
            </Text>
          ) : (
            <ul className={classes.rows}>
              {destinations.map(({ id, name, enabled, metadata }) => (
                <li key={id}>
                  <div className={classes.grow}>
                    <Link to={`/destinations/${id}`} className={classes.name ?? ""}>
                      {name}
                    </Link>
                    {metadata.name !== name && (
                      <Text fz="xs" c="dimmed">
                        {metadata.name}
                      </Text>
                    )}
                  </div>
                  <StatusBadge state={enabled ? "good" : "idle"}>
                    {enabled ? "Enabled" : "Disabled"}
                  </StatusBadge>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
    </Paper>
  );
}

function Libraries({ source }: { source: Source }) {
  const query = useQuery({
    ...recentEventsQuery(source.id, EVENTS_LOOKED_AT),
    refetchInterval: 30_000,
  });
  return (
    <Paper p="lg" component="section" aria-label="Libraries">
      <Title order={2} mb="xs">
        Libraries
      </Title>
      <QueryView query={query}>
        {(events) => {
          const libraries = librariesOf(events);
          if (libraries.length === 0) {
            return <Text c="dimmed">Shown as soon as an event has come in.</Text>;
          }
          return (
            <>
              <ul className={classes.rows}>
                {libraries.map(({ name, version, count, lastAt, isOld }) => (
                  <li key={`${name} ${version}`}>
                    <div className={classes.grow}>
                      <Text fw={600}>
                        {name} {version}
                      </Text>
                      {isOld && (
                        <Text fz="xs" c="var(--mantine-color-error)">
                          Older than Analytics.js 2.0: destinations in device mode do not load.{" "}
                          <Link to={`/sources/${source.id}/setup`}>Get the current snippet</Link>
                        </Text>
                      )}
                    </div>
                    <Text c="dimmed">
                      {count.toLocaleString()}, last <TimeAgo at={lastAt} />
                    </Text>
                  </li>
                ))}
              </ul>
              <Text fz="xs" c="dimmed" mt="xs">
                In the latest {events.length === 1 ? "event" : `${events.length} events`}.
              </Text>
            </>
          );
        }}
      </QueryView>
    </Paper>
  );
}
