/** A destination at a glance: whether it is sent to, whether browsers have it, what went wrong. */

import { Alert, Anchor, Badge, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import {
  IconAlertTriangle,
  IconArrowRight,
  IconBrowserCheck,
  IconPlayerPause,
} from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { useCanEdit } from "../../api/can_edit";
import { api, data } from "../../api/client";
import { sourcesQuery } from "../../api/queries";
import { hasFeature } from "../../page_facts";
import { tell, tellError } from "../../parts/tell";
import { TimeAgo } from "../../parts/time_ago";
import { MODE_HELP, MODE_WORDS } from "../catalog/entries";
import { ConnectionModes, Troubleshooting } from "../catalog/entry";
import classes from "./destinations.module.css";
import { DestinationFrame } from "./frame";
import {
  type DeliveryState,
  type Destination,
  noticesQuery,
  pickupQuery,
  statesQuery,
} from "./queries";

export function OverviewPage() {
  return (
    <DestinationFrame tab="overview">
      {(destination) => <Overview destination={destination} />}
    </DestinationFrame>
  );
}

function Overview({ destination }: { destination: Destination }) {
  const [parameters] = useSearchParams();
  const states = useQuery(statesQuery);
  const state = states.data?.get(destination.id);
  const isInBrowser = destination.metadata.mode === "device";
  return (
    <Stack gap="xl">
      {state?.isPaused && <Paused destination={destination} state={state} />}
      {isInBrowser && destination.enabled && (
        <Pickup destination={destination} isNew={parameters.has("new")} />
      )}
      <Notices destination={destination} />
      <div className={classes.columns}>
        <About destination={destination} state={state} />
        <WhereToLook destination={destination} />
      </div>
      <ConnectionModes entry={destination.metadata} />
      <Troubleshooting entry={destination.metadata} />
    </Stack>
  );
}

function Paused({ destination, state }: { destination: Destination; state: DeliveryState }) {
  const canEdit = useCanEdit();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const resume = async () => {
    setBusy(true);
    try {
      await data(
        api.POST("/destinations/{destination_id}/resume", {
          params: { path: { destination_id: destination.id } },
        }),
      );
      tell("Sending goes on.");
    } catch (problem) {
      tellError(problem);
    }
    await client.invalidateQueries({ queryKey: ["destination-states"] });
    setBusy(false);
  };
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
          ? "Nothing waits so far."
          : `${state.unfinished.toLocaleString()} deliveries wait; none is lost.`}
      </Text>
      <Group mt="sm" gap="xs">
        {canEdit && (
          <Button loading={isBusy} onClick={resume}>
            Resume
          </Button>
        )}
        <Button variant="default" component={Link} to={`/destinations/${destination.id}/settings`}>
          Look at the settings
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
          color={pickedUpAt ? "var(--app-good)" : "var(--app-idle)"}
          aria-hidden
        />
        <div>
          {pickedUpAt ? (
            <Text fw={600}>
              A browser picked it up <TimeAgo at={pickedUpAt} />
            </Text>
          ) : (
            <Text fw={600}>
              {isNew
                ? "It is in the browser on the next page load"
                : "Changed since the last page load"}
            </Text>
          )}
          <Text c="dimmed">
            {pickedUpAt ? (
              <>
                The last page load of this source was{" "}
                {lastLoadAt ? <TimeAgo at={lastLoadAt} /> : "a while ago"}.
              </>
            ) : (
              "Open or reload a page that has the source's snippet, and this says so."
            )}
          </Text>
          {!pickedUpAt && hasFeature("demo") && (
            <Anchor href="/demo/" target="_blank" rel="noopener" fz="inherit" underline="always">
              Open the demo shop
            </Anchor>
          )}
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
        What went wrong in browsers
      </Title>
      <Paper component="ul" className={classes.rows ?? ""}>
        {notices.data.map((one) => (
          <li key={`${one.code} ${one.sourceId} ${one.destinationId}`}>
            <Group gap="xs" wrap="nowrap" align="flex-start">
              <IconAlertTriangle size={18} color="var(--app-warn)" aria-hidden />
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
            <dt>Given up</dt>
            <dd>{state.deadLetters.toLocaleString()}</dd>
          </>
        )}
      </dl>
    </Paper>
  );
}

function WhereToLook({ destination }: { destination: Destination }) {
  const { metadata } = destination;
  const vendor = metadata.slug.includes("ripe") ? "ripe" : metadata.slug;
  const isSandbox = Object.values(destination.settings).some((value) =>
    String(value).includes("/sandbox/"),
  );
  return (
    <Paper p="md" component="section">
      <Title order={2} mb="sm">
        Good to know
      </Title>
      <Stack gap="xs">
        {isSandbox && hasFeature("sandbox") && (
          <Text>
            It leads to the sandbox on this server:{" "}
            <Anchor
              href={`/sandbox/${vendor}/`}
              target="_blank"
              rel="noopener"
              fz="inherit"
              underline="always"
            >
              see what has arrived
            </Anchor>
            .
          </Text>
        )}
        {metadata.mode === "device" && (
          <Text>
            Your pages need no script of the vendor. If one has the vendor's own snippet, remove it:
            this loads it for you, and does not load it twice.
          </Text>
        )}
        {metadata.mode === "device" && (
          <Text>
            It needs Analytics.js 2.0, which the source's snippet brings. If a page sends with an
            older one, this page says so.
          </Text>
        )}
        <Text>
          A change made here is in effect at once
          {metadata.mode === "device" ? ", and in a browser on its next page load" : ""}.
        </Text>
      </Stack>
    </Paper>
  );
}
