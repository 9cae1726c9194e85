/** One event of the debugger: what it is, what happened to it, and what can be done with it. */

import { Alert, Button, Group, Paper, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconRoute, IconTerminal2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { destinationsQuery } from "../../api/queries";
import { CodeBlock } from "../../parts/code_block";
import { CopyButton } from "../../parts/copy_button";
import { JsonView } from "../../parts/json_view";
import { QueryView } from "../../parts/query_view";
import { StatusBadge } from "../../parts/status_badge";
import { TimeAgo } from "../../parts/time_ago";
import type { Row } from "./debugger_rows";
import { OUTCOMES, titleOf } from "./entries";
import { Happened } from "./happened";
import { asCurl } from "./instructions";
import { eventQuery, namesOf, type Source, snippetQuery } from "./queries";
import classes from "./sources.module.css";

type Look = "pretty" | "raw";

export function EventDetails({ row, source }: { row: Row; source: Source }) {
  const [look, setLook] = useState<Look>("pretty");
  const { data: destinations = [] } = useQuery(destinationsQuery);
  // A message that was refused is not kept: only what was wrong with it.
  const isKept = row.outcome !== "discarded" && row.messageId !== "";
  const outcome = OUTCOMES[row.outcome];
  return (
    <Stack gap="md">
      <div>
        <Group gap="sm">
          <Title order={2}>{titleOf(row)}</Title>
          <StatusBadge state={outcome.state}>{outcome.label}</StatusBadge>
        </Group>
        <Text c="dimmed">
          {row.eventType} · <TimeAgo at={row.at} />
        </Text>
        {row.messageId && (
          <Group gap={4} wrap="nowrap">
            <span className={classes.key}>{row.messageId}</span>
            <CopyButton value={row.messageId} label="messageId" />
          </Group>
        )}
      </div>
      <Group gap="xs">
        {isKept && <CurlButton row={row} source={source} />}
        {row.messageId && (
          <Button
            component={Link}
            to={`/events/${encodeURIComponent(row.messageId)}`}
            variant="default"
            leftSection={<IconRoute size={16} aria-hidden />}
          >
            Trace
          </Button>
        )}
      </Group>
      <section>
        <Text fw={600} mb={8}>
          What happened to it
        </Text>
        <Happened entries={row.entries} names={namesOf(destinations)} />
      </section>
      {isKept ? (
        <section>
          <Group justify="space-between" mb={8}>
            <Text fw={600}>The event</Text>
            <SegmentedControl
              size="xs"
              aria-label="How to show it"
              value={look}
              onChange={(value) => setLook(value as Look)}
              data={[
                { value: "pretty", label: "Pretty" },
                { value: "raw", label: "Raw" },
              ]}
            />
          </Group>
          <Body row={row} source={source} look={look} />
        </section>
      ) : (
        <Alert color="gray" variant="outline">
          What was sent is not kept, since it was refused: only what was wrong with it.
        </Alert>
      )}
    </Stack>
  );
}

function Body({ row, source, look }: { row: Row; source: Source; look: Look }) {
  const query = useQuery(eventQuery(source.id, row.messageId));
  return (
    <QueryView query={query}>
      {({ event }) =>
        look === "raw" ? (
          <CodeBlock language="json" label="the event" wraps maxHeight={480}>
            {JSON.stringify(event, null, 2)}
          </CodeBlock>
        ) : (
          <Paper p="sm" radius="md" bg="var(--app-ground)">
            <JsonView value={event} open={2} />
          </Paper>
        )
      }
    </QueryView>
  );
}

function CurlButton({ row, source }: { row: Row; source: Source }) {
  const event = useQuery(eventQuery(source.id, row.messageId));
  const place = useQuery(snippetQuery(source.id));
  const { copied, copy, error } = useClipboard({ timeout: 1500 });
  return (
    <Button
      variant="default"
      disabled={!event.data || !place.data}
      leftSection={
        copied ? (
          <IconCheck size={16} color="var(--app-good)" aria-hidden />
        ) : (
          <IconTerminal2 size={16} aria-hidden />
        )
      }
      onClick={() => event.data && place.data && copy(asCurl(event.data.event, place.data))}
    >
      {error ? "The browser does not allow it" : copied ? "Copied" : "Copy as curl"}
    </Button>
  );
}
