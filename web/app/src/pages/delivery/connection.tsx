/** How delivery to one destination goes. */

import { Button, Stack, Text } from "@mantine/core";
import { IconPlugConnectedX, IconRepeat } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { destinationsQuery, sourcesQuery } from "../../api/queries";
import { useMay } from "../../api/roles";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { Attempts } from "./attempts";
import { Balance } from "./balance";
import { Breakdown } from "./breakdown";
import { PeriodChoice, usePeriod } from "./period_choice";
import { type Connection, isCloudMode, overviewQuery } from "./queries";
import { DeadLettersLink, PauseButton, StandingAlert, StandingBadge } from "./standing";
import { StepCards } from "./step_cards";
import { stepNamed } from "./steps";

export function ConnectionDeliveryPage() {
  const { id = "" } = useParams();
  const connections = useQuery(destinationsQuery);
  return (
    <QueryView query={connections}>
      {(all) => {
        const connection = all.find((one) => one.id === id);
        if (connection) return <Delivery connection={connection} />;
        return (
          <>
            <PageHeader title="Delivery" />
            <EmptyState
              icon={IconPlugConnectedX}
              title="There is no such destination"
              action={{ label: "All destinations", to: "/delivery" }}
            >
              It may have been deleted meanwhile, or the link is not complete.
            </EmptyState>
          </>
        );
      }}
    </QueryView>
  );
}

function Delivery({ connection }: { connection: Connection }) {
  const { period, grain, parameters, set } = usePeriod();
  const source = useQuery(sourcesQuery).data?.find((one) => one.id === connection.sourceId);
  const mayEdit = useMay("editor");
  const scope = { sourceId: connection.sourceId, destinationId: connection.id };
  const overview = useQuery(overviewQuery(scope, period, grain));
  const step = stepNamed(parameters.get("step")) ?? stepNamed("successful-delivery");
  const isFromServer = isCloudMode(connection);

  return (
    <>
      <PageHeader
        title={`Delivery to ${connection.name}`}
        breadcrumbs={[
          { label: "Delivery", to: "/delivery" },
          { label: connection.name, to: `/destinations/${connection.id}` },
        ]}
        badge={isFromServer && <StandingBadge connection={connection} />}
        description={`What became of the events of ${source?.name ?? "its source"}.`}
        actions={
          isFromServer && (
            <>
              <PauseButton connection={connection} />
              {mayEdit && (
                <Button
                  component={Link}
                  to={`/delivery/replay/new?destination=${connection.id}`}
                  variant="default"
                  leftSection={<IconRepeat size={16} aria-hidden />}
                >
                  Replay
                </Button>
              )}
            </>
          )
        }
      />
      <Stack gap="lg">
        {isFromServer ? (
          <>
            <StandingAlert connection={connection} />
            <DeadLettersLink connection={connection} />
          </>
        ) : (
          <Text c="dimmed">
            In device mode the visitor's browser delivers; this server counts what it hands on to
            pages, not what the vendor's script makes of it.
          </Text>
        )}
        <div>
          <PeriodChoice period={period} grain={grain} set={set} />
        </div>
        <QueryView query={overview}>
          {(found) => (
            <Stack gap="lg">
              <StepCards
                overview={found}
                chosen={step?.name}
                onChoose={(name) => set({ step: name })}
                words={period.words}
              />
              {isFromServer && (
                <Attempts destinationId={connection.id} period={period} grain={grain} />
              )}
              {step && (
                <Breakdown
                  key={step.name}
                  step={step}
                  scope={scope}
                  period={period}
                  grain={grain}
                  overview={found}
                />
              )}
            </Stack>
          )}
        </QueryView>
        <Balance destinationId={connection.id} />
      </Stack>
    </>
  );
}
