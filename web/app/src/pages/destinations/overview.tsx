/** A destination at a glance: whether it is sent to, whether browsers have it, what went wrong. */

import { Alert, Anchor, Badge, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import {
  IconAlertTriangle,
  IconArrowRight,
  IconBrowserCheck,
  IconPlayerPause,
} from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { api, data } from "../../api/client";
import { sourcesQuery } from "../../api/queries";
import { useMay } from "../../api/roles";
import { useDeed } from "../../parts/deed";
import { LoadingRows } from "../../parts/query_view";
import { tell, tellError } from "../../parts/tell";
import { TimeAgo } from "../../parts/time_ago";
import { MODE_HELP, MODE_WORDS } from "../catalog/entries";
import { ConnectionModes, Troubleshooting } from "../catalog/entry";
import classes from "./destinations.module.css";
import { DestinationFrame } from "./frame";
import { NextSteps } from "./next_steps";
import {
  type DeliveryState,
  type Destination,
  noticesQuery,
  pickupQuery,
  statesQuery,
} from "./queries";

export function OverviewPage() {
  return (
    <DestinationFrame>{(destination) => <Overview destination={destination} />}</DestinationFrame>
  );
}

function Overview({ destination }: { destination: Destination }) {
  const [parameters] = useSearchParams();
  const states = useQuery(statesQuery);
  const state = states.data?.get(destination.id);
  const isInBrowser = destination.metadata.mode === "device";
  // Why nothing is sent stands on top, and would push down what one has begun to read.
  if (states.isPending) return <LoadingRows />;
  return (
    <Stack gap="xl">
      {state?.isPaused && <Paused destination={destination} state={state} />}
      {isInBrowser && destination.enabled && (
        <Pickup destination={destination} isNew={parameters.has("new")} />
      )}
      {destination.enabled && <NextSteps destination={destination} isNew={parameters.has("new")} />}
      <Notices destination={destination} />
      <div className={classes.columns}>
        <About destination={destination} state={state} />
        <GoodToKnow destination={destination} />
      </div>
      <ConnectionModes entry={destination.metadata} />
      <Troubleshooting entry={destination.metadata} />
    </Stack>
  );
}

function Paused({ destination, state }: { destination: Destination; state: DeliveryState }) {
  const canEdit = useMay("editor");
  const client = useQueryClient();
  const resuming = useDeed(tellError);
  const resume = () =>
    resuming.run(async () => {
      await data(
        api.POST("/destinations/{destination_id}/resume", {
          params: { path: { destination_id: destination.id } },
        }),
      );
      tell("Sending resumed.");
      await client.invalidateQueries({ queryKey: ["destination-states"] });
    });
  return (
    <Alert
      color={state.pause?.reason === "owner" ? "amber" : "red"}
      variant="outline"
      icon={<IconPlayerPause />}
      title={state.pause?.what ?? "Sending is paused"}
      bg="var(--mantine-color-body)"
    >
      <Text fz="sm">
        {state.pause?.do}{" "}
        {state.pause && (
          <>
            Paused <TimeAgo at={state.pause.sinceAt} />.{" "}
          </>
        )}
        {state.unfinished === 0
          ? "Nothing is waiting."
          : state.unfinished === 1
            ? "1 delivery is waiting. It is not lost."
            : `${state.unfinished.toLocaleString()} deliveries are waiting. None is lost.`}
      </Text>
      <Group mt="sm" gap="xs">
        {canEdit && (
          <Button loading={resuming.isBusy} onClick={() => void resume()}>
            Resume
          </Button>
        )}
        <Button variant="default" component={Link} to={`/destinations/${destination.id}/settings`}>
          Review settings
        </Button>
      </Group>
    </Alert>
  );
}

function Pickup({ destination, isNew }: { destination: Destination; isNew: boolean }) {
  const pickup = useQuery(pickupQuery(destination.id));
  if (!pickup.data) return null;
  const { pickedUpAt, lastLoadAt } = pickup.data;
  return (
    <Paper p="md" role="status">
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <IconBrowserCheck
          size={22}
          style={{ flex: "none" }}
          color={pickedUpAt ? "var(--app-good)" : "var(--app-idle)"}
          aria-hidden
        />
        <div>
          {pickedUpAt ? (
            <Text fw={600}>
              A browser loaded it <TimeAgo at={pickedUpAt} />
            </Text>
          ) : (
            <Text fw={600}>
              {isNew ? "It takes effect on the next page load" : "Waiting for the next page load"}
            </Text>
          )}
          <Text c="dimmed">
            {pickedUpAt ? (
              <>
                The last page load of this source was{" "}
                {lastLoadAt ? <TimeAgo at={lastLoadAt} /> : "a while ago"}.
              </>
            ) : (
              "Open or reload a page that has this source's snippet. You will see it here."
            )}
          </Text>
        </div>
      </Group>
    </Paper>
  );
}

function Notices({ destination }: { destination: Destination }) {
  const notices = useQuery(noticesQuery(destination.id));
  if (!notices.data?.length) return null;
  return (
    <section>
      <Title order={2} mb="sm">
        Problems in browsers
      </Title>
      <Paper component="ul" className={classes.rows ?? ""}>
        {notices.data.map((one) => (
          <li key={`${one.code} ${one.sourceId} ${one.destinationId}`}>
            <Group gap="xs" wrap="nowrap" align="flex-start">
              <IconAlertTriangle
                size={18}
                style={{ flex: "none" }}
                color="var(--app-warn)"
                aria-hidden
              />
              <div>
                <Text fw={600}>{one.what}</Text>
                <Text>{one.do}</Text>
                <Text c="dimmed" fz="xs">
                  {one.count.toLocaleString()} {one.count === 1 ? "time" : "times"}, last{" "}
                  <TimeAgo at={one.lastAt} />
                  {one.detail && `. ${one.detail}`}
                </Text>
              </div>
            </Group>
          </li>
        ))}
      </Paper>
    </section>
  );
}

function About({
  destination,
  state,
}: {
  destination: Destination;
  state: DeliveryState | undefined;
}) {
  const sources = useQuery(sourcesQuery);
  const source = sources.data?.find((one) => one.id === destination.sourceId);
  return (
    <Paper p="md" component="section">
      <Title order={2} mb="sm">
        About
      </Title>
      <dl className={classes.facts}>
        <dt>From</dt>
        <dd className={classes.way}>
          {source && (
            <Anchor component={Link} to={`/sources/${source.id}`} fz="sm">
              {source.name}
            </Anchor>
          )}
          <IconArrowRight size={14} aria-hidden />
          <Anchor component={Link} to={`/catalog/${destination.metadata.slug}`} fz="sm">
            {destination.metadata.name}
          </Anchor>
        </dd>
        <dt>Mode</dt>
        <dd>
          <Badge>{MODE_WORDS[destination.metadata.mode]}</Badge>{" "}
          <Text span c="dimmed" fz="xs">
            {MODE_HELP[destination.metadata.mode]}
          </Text>
        </dd>
        {state && destination.metadata.mode === "cloud" && (
          <>
            <dt>Waiting</dt>
            <dd>{state.unfinished.toLocaleString()}</dd>
            <dt>Dead letters</dt>
            <dd>{state.deadLetters.toLocaleString()}</dd>
          </>
        )}
      </dl>
    </Paper>
  );
}

function GoodToKnow({ destination }: { destination: Destination }) {
  const isInBrowser = destination.metadata.mode === "device";
  return (
    <Paper p="md" component="section">
      <Title order={2} mb="sm">
        Good to know
      </Title>
      <Stack gap="xs">
        {isInBrowser && (
          <>
            <Text>
              Analytics.js loads the vendor's script. If a page still has the vendor's own snippet,
              remove it.
            </Text>
            <Text>
              It needs Analytics.js 2.0, which this source's snippet loads. If a page uses an older
              version, you will see a warning here.
            </Text>
          </>
        )}
        <Text>
          Changes take effect immediately
          {isInBrowser ? ": a browser has them on its next page load." : "."}
        </Text>
      </Stack>
    </Paper>
  );
}
