/** The life of one event: from the door to each destination. */

import { Alert, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { sourcesQuery } from "../../api/queries";
import { CodeBlock } from "../../parts/code_block";
import { CopyButton } from "../../parts/copy_button";
import { PageHeader } from "../../parts/page_header";
import { LoadingRows, QueryView } from "../../parts/query_view";
import { StatusBadge } from "../../parts/status_badge";
import { TimeAgo } from "../../parts/time_ago";
import { asCurl } from "./curl";
import classes from "./events.module.css";
import { atTheDoor, type Entry, type Life, type Trace, waysOf } from "./life";
import { Moment } from "./moment";
import { eventQuery, traceQuery } from "./queries";
import { SearchBox } from "./search_box";
import { TryEvent } from "./try_event";

export function TracePage() {
  const { messageId = "" } = useParams();
  const trace = useQuery(traceQuery(messageId));
  const first = trace.data?.events[0]?.timeline[0];
  return (
    <>
      <PageHeader
        title={first?.eventName || first?.eventType || "Where is my event?"}
        breadcrumbs={[{ label: "Where is my event?", to: "/events" }]}
        description={
          <Group gap={4} wrap="nowrap" component="span">
            <code style={{ overflowWrap: "anywhere" }}>{messageId}</code>
            <CopyButton value={messageId} label="message ID" />
          </Group>
        }
      />
      <QueryView query={trace}>{(found) => <Lives trace={found} />}</QueryView>
      {trace.error && !trace.data && (
        <Stack mt="lg">
          <SearchBox key={messageId} messageId={messageId} />
        </Stack>
      )}
    </>
  );
}

function Lives({ trace }: { trace: Trace }) {
  const event = useQuery(eventQuery(trace.messageId, true));
  return (
    <div className={classes.columns}>
      <Stack gap="lg">
        {trace.events.length > 1 && (
          <Alert
            color="amber"
            variant="outline"
            icon={<IconInfoCircle />}
            title={`${trace.events.length} events carried this message ID`}
          >
            The first is delivered; the others are duplicates.
          </Alert>
        )}
        {trace.events.map((life) => (
          <LifeOf
            key={`${life.sourceId} ${life.receivedAt} ${life.timeline[0]?.outcomeId}`}
            life={life}
            names={trace.names}
            event={event.data?.event ?? null}
          />
        ))}
      </Stack>
      <TheEvent
        trace={trace}
        event={event.data === null ? null : event.data?.event}
        isLoading={event.isLoading}
      />
    </div>
  );
}

interface LifeProps {
  life: Life;
  names: Record<string, string>;
  event: Record<string, unknown> | null;
}

function LifeOf({ life, names, event }: LifeProps) {
  const ways = waysOf(life);
  const door = atTheDoor(life);
  return (
    <Stack gap="lg">
      <Paper p="lg">
        <Title order={2} mb="md">
          At the source
        </Title>
        <ol className={classes.life}>
          {door.map((entry) => (
            <Moment
              key={`${entry.step} ${entry.at}`}
              entry={entry}
              sourceName={names[life.sourceId] ?? ""}
              event={event}
            />
          ))}
        </ol>
      </Paper>
      {ways.length === 0 && door.every((entry) => entry.step === "received") && (
        <Text c="dimmed" role="status">
          On its way to the destinations…
        </Text>
      )}
      {ways.map((way) => (
        <Paper key={way.destinationId} p="lg">
          <Group justify="space-between" mb="md">
            <Group gap="sm">
              <Title order={2}>
                {names[way.destinationId] ?? "A destination that was deleted"}
              </Title>
              <StatusBadge state={way.state}>{way.word}</StatusBadge>
            </Group>
            {names[way.destinationId] && (
              <Group gap="xs">
                {event && (
                  <TryEvent
                    destinationId={way.destinationId}
                    name={names[way.destinationId] ?? ""}
                    event={event}
                  />
                )}
                <Button
                  component={Link}
                  to={`/destinations/${way.destinationId}/mappings`}
                  size="compact-sm"
                  variant="default"
                >
                  Mappings
                </Button>
              </Group>
            )}
          </Group>
          <ol className={classes.life}>
            {way.entries.map((entry, index) => (
              <Moment
                // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added at the end.
                key={index}
                entry={entry}
                sourceName=""
                event={event}
                isLast={index === way.entries.length - 1}
              />
            ))}
          </ol>
        </Paper>
      ))}
    </Stack>
  );
}

interface EventProps {
  trace: Trace;
  event: Record<string, unknown> | null | undefined;
  isLoading: boolean;
}

function TheEvent({ trace, event, isLoading }: EventProps) {
  const received = trace.events[0]?.timeline.find((entry) => entry.step === "received");
  const sourceId = trace.events[0]?.sourceId ?? "";
  const source = useQuery(sourcesQuery).data?.find((one) => one.id === sourceId);
  return (
    <Paper p="lg" component="section" aria-label="The event">
      <Title order={2} mb="sm">
        The event
      </Title>
      <Facts received={received} sourceName={trace.names[sourceId]} event={event} />
      {isLoading && <LoadingRows count={4} />}
      {event === null && (
        <Text c="dimmed" mt="md">
          Its body is gone: the journal keeps events for a shorter time than the ledger keeps what
          became of them.
        </Text>
      )}
      {event && (
        <Stack mt="md" gap="sm">
          {source?.writeKeys[0] && (
            <Group gap={4}>
              <CopyButton
                value={asCurl(event, location.origin, source.writeKeys[0])}
                label="as curl"
              />
              <Text fz="sm">Copy as curl</Text>
            </Group>
          )}
          <CodeBlock language="json" label="event" wraps maxHeight={640}>
            {JSON.stringify(event, null, 2)}
          </CodeBlock>
        </Stack>
      )}
    </Paper>
  );
}

interface FactsProps {
  received: Entry | undefined;
  sourceName: string | undefined;
  event: Record<string, unknown> | null | undefined;
}

function Facts({ received, sourceName, event }: FactsProps) {
  const context = (event?.context ?? {}) as {
    library?: { name?: string; version?: string };
    page?: { url?: string };
  };
  const library = context.library?.name
    ? `${context.library.name} ${context.library.version ?? ""}`.trim()
    : undefined;
  const facts: [string, string | undefined][] = [
    ["Source", sourceName ?? "A source that was deleted"],
    ["Type", received?.eventType],
    ["User", received?.userId],
    ["Anonymous ID", received?.anonymousId],
    ["Library", library],
    ["Page", context.page?.url],
  ];
  return (
    <dl className={classes.facts}>
      {received && (
        <>
          <dt>Received</dt>
          <dd>
            <TimeAgo at={received.at} />
          </dd>
        </>
      )}
      {facts.map(
        ([label, value]) =>
          value && (
            <div key={label} style={{ display: "contents" }}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
