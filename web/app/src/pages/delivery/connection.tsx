/** How delivery to one destination goes. */

import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconRepeat } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { balanceQuery } from "../../api/queries";
import { useMay } from "../../api/roles";
import { areSettled, QueryView } from "../../parts/query_view";
import { DestinationFrame } from "../destinations/frame";
import { Attempts } from "./attempts";
import { Balance } from "./balance";
import { Breakdown } from "./breakdown";
import classes from "./delivery.module.css";
import { PeriodChoice, usePeriod } from "./period_choice";
import {
  attemptsQuery,
  type Connection,
  isCloudMode,
  overviewQuery,
  sendingQuery,
  stateQuery,
} from "./queries";
import { DeadLettersLink, PauseButton, StandingAlert, StandingBadge } from "./standing";
import { LoadingSteps, StepCards } from "./step_cards";
import { type StepName, stepNamed } from "./steps";

export function ConnectionDeliveryPage() {
  return (
    <DestinationFrame>{(connection) => <Delivery connection={connection} />}</DestinationFrame>
  );
}

function Delivery({ connection }: { connection: Connection }) {
  const { period, grain, parameters, set } = usePeriod();
  const mayEdit = useMay("editor");
  const scope = { sourceId: connection.sourceId, destinationId: connection.id };
  const overview = useQuery(overviewQuery(scope, period, grain));
  const step = stepNamed(parameters.get("step")) ?? stepNamed("successful-delivery");
  const isFromServer = isCloudMode(connection);
  const isReady = areSettled(
    overview,
    useQuery(balanceQuery),
    useQuery(stateQuery(connection.id)),
    useQuery(sendingQuery(connection.id)),
    useQuery(attemptsQuery(connection.id, period, grain)),
  );
  const choose = (name: StepName) => set({ step: name });
  if (!isReady) {
    return <LoadingSteps chosen={step?.name} onChoose={choose} words={period.words} />;
  }

  return (
    <>
      <Title order={2} className={classes.hidden}>
        Delivery
      </Title>
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
        <Group justify="space-between">
          <Group gap="sm">
            <PeriodChoice period={period} grain={grain} set={set} />
            {isFromServer && <StandingBadge connection={connection} />}
          </Group>
          {isFromServer && (
            <Group gap="xs">
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
            </Group>
          )}
        </Group>
        <QueryView query={overview}>
          {(found) => (
            <Stack gap="lg">
              <StepCards
                overview={found}
                chosen={step?.name}
                onChoose={choose}
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
