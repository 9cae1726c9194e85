/** The first page: what there is, what happened in the last hour, and what wants to be seen. */

import { Group, Paper, SimpleGrid, Skeleton, Stack, Text, Title } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { balanceQuery, destinationsQuery, sourcesQuery } from "../../api/queries";
import { session } from "../../api/session";
import { useSignal } from "../../api/signal";
import { EmptyState } from "../../parts/empty_state";
import { ErrorState } from "../../parts/error_state";
import { PageHeader } from "../../parts/page_header";
import { Sparkline } from "../../parts/sparkline";
import { StatusBadge } from "../../parts/status_badge";
import { lastHourQuery, problemsOf } from "./figures";
import classes from "./home.module.css";

const REFRESH_MS = 10_000;

export function HomePage() {
  const name = useSignal(session)?.person?.name;
  const sources = useQuery(sourcesQuery);
  const connections = useQuery(destinationsQuery);
  const balance = useQuery({ ...balanceQuery, refetchInterval: REFRESH_MS });
  const lastHour = useQuery({
    ...lastHourQuery(sources.data ?? []),
    enabled: sources.data !== undefined,
    refetchInterval: REFRESH_MS,
  });
  const error = sources.error ?? connections.error;
  const problems =
    balance.data && connections.data ? problemsOf(balance.data, connections.data) : undefined;

  return (
    <>
      <PageHeader
        title={name ? `Welcome, ${name}` : "Welcome"}
        description="Events come in from your sources, and go on to the destinations you connect."
      />
      {error && !sources.data && (
        <ErrorState error={error} onRetry={() => void sources.refetch()} />
      )}
      <Stack gap="xl">
        <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} spacing="md">
          <Figure label="Sources" value={sources.data?.length} />
          <Figure label="Connections" value={connections.data?.length}>
            {connections.data && `${connections.data.filter((one) => one.enabled).length} enabled`}
          </Figure>
          <Figure label="Events in the last hour" value={lastHour.data?.total}>
            {lastHour.data && (
              <Sparkline
                values={lastHour.data.counts}
                label="Events in the last hour"
                width={150}
              />
            )}
          </Figure>
          <Figure label="Delivery problems" value={problems?.length}>
            {problems &&
              (problems.length === 0 ? (
                <StatusBadge state="good">Everything is on its way</StatusBadge>
              ) : (
                <StatusBadge state="bad">Some wants to be looked at</StatusBadge>
              ))}
          </Figure>
        </SimpleGrid>
        {problems && problems.length > 0 && (
          <section>
            <Title order={2} mb="sm">
              Wants to be looked at
            </Title>
            <Paper component="ul" className={classes.problems}>
              {problems.map((problem) => (
                <li key={problem.key}>
                  <Text fw={600}>{problem.title}</Text>
                  <Text c="dimmed">{problem.todo}</Text>
                </li>
              ))}
            </Paper>
          </section>
        )}
        {connections.data?.length === 0 && (
          <EmptyState icon={IconPlugConnected} title="Nothing is connected yet">
            Events that come in are kept, and go nowhere. Connect a destination to a source, and
            what comes in from then on goes there.
          </EmptyState>
        )}
      </Stack>
    </>
  );
}

function Figure({
  label,
  value,
  children,
}: {
  label: string;
  value: number | undefined;
  children?: ReactNode;
}) {
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
