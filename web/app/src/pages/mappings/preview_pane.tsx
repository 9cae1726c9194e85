/** The chosen event, what becomes of it, and the whole way with the last request. */

import { Alert, Anchor, Group, Paper, SegmentedControl, Select, Text, Title } from "@mantine/core";
import type { RecentEvent } from "../../api/recent_events";
import { CodeBlock } from "../../parts/code_block";
import { ErrorState } from "../../parts/error_state";
import { JsonView } from "../../parts/json_view";
import { StatusBadge } from "../../parts/status_badge";
import { ago } from "../../parts/time_ago";
import type { Destination } from "../destinations/queries";
import type { Draft, Mapping } from "./api";
import { takes } from "./logic";
import classes from "./mappings.module.css";
import type { Preview } from "./preview";
import { TestEvent } from "./test_event";
import { isObject, type Json } from "./value/form";
import { JsonInput } from "./value/json_input";

interface Props {
  preview: Preview;
  destination: Destination;
  mapping: Mapping;
  draft: Draft;
  isReadOnly: boolean;
}

export function PreviewPane(props: Props) {
  const { preview, draft } = props;
  return (
    <div className={classes.side}>
      <Paper className={classes.card} component="section" aria-labelledby="event-title">
        <Title order={2} id="event-title" mb="sm">
          Event
        </Title>
        <EventChooser preview={preview} draft={draft} />
      </Paper>
      <Paper className={classes.card} component="section" aria-labelledby="preview-title">
        <Group justify="space-between" mb="sm">
          <Title order={2} id="preview-title">
            Preview
          </Title>
          <Verdict preview={preview} />
        </Group>
        <Payload preview={preview} />
      </Paper>
      {!preview.isOnPage && <TestEvent {...props} />}
    </div>
  );
}

function EventChooser({ preview, draft }: { preview: Preview; draft: Draft }) {
  const { events, pasted, event } = preview;
  const isPasting = pasted !== undefined;
  return (
    <>
      <Group gap="xs" mb="xs">
        <SegmentedControl
          size="xs"
          aria-label="Where the event comes from"
          data={[
            { value: "recent", label: preview.isSample ? "Samples" : "Recent events" },
            { value: "own", label: "Paste JSON" },
          ]}
          value={isPasting ? "own" : "recent"}
          onChange={(next) => preview.paste(next === "own" ? (event ?? {}) : undefined)}
        />
      </Group>
      {isPasting ? (
        <JsonInput
          value={pasted as Json}
          label="Event as JSON"
          isReadOnly={false}
          check={(json) => (isObject(json) ? undefined : "An event is an object.")}
          onChange={preview.paste}
        />
      ) : (
        <>
          {preview.isSample && (
            <Text fz="xs" c="dimmed" mb={6}>
              The source has sent nothing yet, so these are made up. Real events show here within a
              second.
            </Text>
          )}
          <Select
            aria-label="Event to preview"
            data={events.map((each) => ({ value: each.messageId, label: eventWords(each, draft) }))}
            value={preview.chosenId ?? null}
            searchable
            allowDeselect={false}
            nothingFoundMessage="No recent events match"
            placeholder={preview.isLoading ? "Loading" : "Choose an event"}
            onChange={(id) => id && preview.choose(id)}
          />
          <details className={classes.eventBody}>
            <summary>Show the event</summary>
            <JsonView value={event ?? {}} open={2} />
          </details>
        </>
      )}
    </>
  );
}

function eventWords(
  { type, name, receivedAt, event, messageId }: RecentEvent,
  draft: Draft,
): string {
  const what = type.charAt(0).toUpperCase() + type.slice(1);
  const when = messageId.startsWith("sample-") ? "sample" : ago(new Date(receivedAt), new Date());
  const is = takes(draft.trigger, event) ? "" : " (does not match)";
  return `${name ? `${what}: ${name}` : what}, ${when}${is}`;
}

function Verdict({ preview }: { preview: Preview }) {
  if (preview.event === undefined) return null;
  const held = preview.test?.steps.find(({ result }) => result === "held");
  if (held) return <StatusBadge state="warn">Held back</StatusBadge>;
  if (!preview.takesIt) return <StatusBadge state="idle">Trigger does not match</StatusBadge>;
  if (preview.problems.length > 0 || preview.problem) {
    return <StatusBadge state="bad">It would be discarded</StatusBadge>;
  }
  if (!preview.test && !preview.isOnPage) return <StatusBadge state="busy">Looking</StatusBadge>;
  return <StatusBadge state="good">It would be sent</StatusBadge>;
}

function Payload({ preview }: { preview: Preview }) {
  const { payload, problems, error, test } = preview;
  const held = test?.steps.find(({ result }) => result === "held");
  return (
    <>
      {error !== null && <ErrorState error={error} />}
      {held && (
        <Text fz="sm" mb="sm">
          {held.what} {held.do}
        </Text>
      )}
      {problems.length > 0 && (
        <Alert
          color="red"
          variant="outline"
          mb="sm"
          p="sm"
          title={problems.length === 1 ? "One problem" : `${problems.length} problems`}
        >
          <ul className={classes.problems}>
            {problems.map(({ field, path, message }) => (
              <li key={path + message}>
                {field ? (
                  <Anchor
                    component="button"
                    type="button"
                    fz="sm"
                    ta="left"
                    onClick={() => goToField(field)}
                  >
                    {message}
                  </Anchor>
                ) : (
                  message
                )}
              </li>
            ))}
          </ul>
        </Alert>
      )}
      {payload === undefined ? (
        <Text fz="sm" c="dimmed">
          {preview.problem ?? "Choose an event to see what it becomes."}
        </Text>
      ) : (
        <CodeBlock language="json" label="The payload" maxHeight={420}>
          {JSON.stringify(payload, null, 2)}
        </CodeBlock>
      )}
      {preview.isOnPage && (
        <Text fz="xs" c="dimmed" mt="xs">
          Previewed as the browser builds it. Liquid templates are not rendered.
        </Text>
      )}
    </>
  );
}

function goToField(key: string): void {
  const field = document.getElementById(`field-${key}`);
  field?.scrollIntoView({ block: "center" });
  (field?.querySelector<HTMLElement>("input:not([readonly]),textarea,button") ?? field)?.focus();
}
