/** View delivery, over everything: the six steps, each destination, and the balance. */

import { Stack, Text, Title } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { balanceQuery, destinationsQuery, sourcesQuery } from "../../api/queries";
import { type Column, DataTable } from "../../parts/data_table";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { areSettled, QueryView } from "../../parts/query_view";
import { Sparkline } from "../../parts/sparkline";
import { StatusBadge } from "../../parts/status_badge";
import { statesQuery } from "../destinations/queries";
import { Attempts } from "./attempts";
import { Balance } from "./balance";
import { Breakdown } from "./breakdown";
import type { Grain, Period } from "./period";
import { PeriodChoice, usePeriod } from "./period_choice";
import {
  attemptsQuery,
  byDestinationQuery,
  type Connection,
  isCloudMode,
  overviewQuery,
  type Shares,
  type Standing,
} from "./queries";
import { standingOf } from "./standing";
import { LoadingSteps, StepCards } from "./step_cards";
import { type StepName, stepNamed } from "./steps";

export function OverviewPage() {
  const { period, grain, parameters, set } = usePeriod();
  const overview = useQuery(overviewQuery({}, period, grain));
  const step = stepNamed(parameters.get("step"));
  const choose = (name: StepName) => set({ step: name === step?.name ? null : name });
  const isReady = areSettled(
    overview,
    useQuery(attemptsQuery(undefined, period, grain)),
    useQuery(destinationsQuery),
    useQuery(balanceQuery),
  );
  return (
    <>
      <PageHeader
        title="Delivery"
        description="What came in, what was filtered and why, and what reached your destinations."
        actions={<PeriodChoice period={period} grain={grain} set={set} />}
      />
      {isReady ? (
        <Stack gap="xl">
          <QueryView query={overview}>
            {(found) => (
              <Stack gap="lg">
                <StepCards
                  overview={found}
                  chosen={step?.name}
                  onChoose={choose}
                  words={period.words}
                />
                {step && (
                  <Breakdown
                    key={step.name}
                    step={step}
                    scope={{}}
                    period={period}
                    grain={grain}
                    overview={found}
                  />
                )}
                <Attempts period={period} grain={grain} />
              </Stack>
            )}
          </QueryView>
          <Destinations period={period} grain={grain} />
          <Balance />
        </Stack>
      ) : (
        <LoadingSteps chosen={step?.name} onChoose={choose} words={period.words} />
      )}
    </>
  );
}

interface Line {
  connection: Connection;
  sourceName: string;
  /** Undefined until they are known. */
  shares: Shares | undefined;
  state: Standing | undefined;
  areStatesKnown: boolean;
}

const NOTHING: Shares = { filtered: 0, byBrowser: 0, failed: 0, delivered: 0, trend: [] };

function Destinations({ period, grain }: { period: Period; grain: Grain }) {
  const connections = useQuery(destinationsQuery);
  const sources = useQuery(sourcesQuery);
  const shares = useQuery(byDestinationQuery(period, grain));
  const states = useQuery(statesQuery);
  const sourceNames = new Map(sources.data?.map((one) => [one.id, one.name]));
  return (
    <section aria-label="Destinations">
      <Title order={2} mb="sm">
        By destination
      </Title>
      <QueryView query={connections}>
        {(all) => (
          <DataTable
            label="Destinations"
            columns={columnsFor(period)}
            rows={all.map((connection) => ({
              connection,
              sourceName: sourceNames.get(connection.sourceId) ?? "",
              shares: shares.data && (shares.data[connection.id] ?? NOTHING),
              state: states.data?.get(connection.id),
              areStatesKnown: !states.isPending,
            }))}
            rowKey={({ connection }) => connection.id}
            to={({ connection }) => `/destinations/${connection.id}/delivery`}
            empty={
              <EmptyState
                icon={IconPlugConnected}
                title="No destinations yet"
                action={{ label: "Choose a destination", to: "/catalog" }}
              >
                Incoming events are kept but not sent anywhere. Connect a destination to see its
                deliveries here.
              </EmptyState>
            }
          />
        )}
      </QueryView>
    </section>
  );
}

const columnsFor = (period: Period): Column<Line>[] => [
  {
    key: "name",
    label: "Destination",
    width: "minmax(0, 2.2fr)",
    sortBy: ({ connection }) => connection.name,
    render: ({ connection, sourceName }) => (
      <>
        <Text fw={600} fz="sm">
          {connection.name}
        </Text>
        <Text fz="xs" c="dimmed">
          {sourceName}
        </Text>
      </>
    ),
  },
  {
    key: "state",
    label: "State",
    width: "150px",
    render: ({ connection, state }) => {
      if (!isCloudMode(connection) && connection.enabled) {
        return <StatusBadge state="good">In the browser</StatusBadge>;
      }
      const { state: color, word } = standingOf(connection, state);
      return <StatusBadge state={color}>{word}</StatusBadge>;
    },
  },
  count("Delivered", ({ shares }) => shares?.delivered),
  count("Failed", ({ shares }) => shares?.failed),
  {
    ...count("Filtered", ({ shares }) => shares?.filtered),
    render: ({ shares }) => (
      <>
        <Count of={shares?.filtered} />
        {shares && shares.byBrowser > 0 && (
          <Text fz="xs" c="dimmed">
            {shares.byBrowser.toLocaleString()} by browser
          </Text>
        )}
      </>
    ),
  },
  count("Waiting", (line) => line.state?.unfinished ?? (line.areStatesKnown ? 0 : undefined)),
  count("Dead letters", (line) => line.state?.deadLetters ?? (line.areStatesKnown ? 0 : undefined)),
  {
    key: "trend",
    label: "Trend",
    width: "110px",
    render: ({ shares, connection }) =>
      shares &&
      shares.trend.length > 0 && (
        <Sparkline
          values={shares.trend}
          width={100}
          label={`Delivered to ${connection.name} ${period.words}`}
        />
      ),
  },
];

function Count({ of }: { of: number | undefined }) {
  return (
    <Text span fz="sm" c={of ? undefined : "dimmed"}>
      {of?.toLocaleString() ?? "…"}
    </Text>
  );
}

function count(label: string, of: (line: Line) => number | undefined): Column<Line> {
  return {
    key: label,
    label,
    align: "right",
    width: "minmax(64px, 0.7fr)",
    sortBy: of,
    render: (line) => <Count of={of(line)} />,
  };
}
