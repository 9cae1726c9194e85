/** Sends the event on its real way, with or without the last request, and shows each step. */

import { Button, Checkbox, Group, Paper, Text, Title } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useState } from "react";
import { CodeBlock } from "../../parts/code_block";
import { useDeed } from "../../parts/deed";
import { ErrorState } from "../../parts/error_state";
import { type State, StatusBadge } from "../../parts/status_badge";
import type { Destination } from "../destinations/queries";
import { type Draft, type EventTest, type Mapping, tried } from "./api";
import classes from "./mappings.module.css";
import type { Preview } from "./preview";

interface Props {
  preview: Preview;
  destination: Destination;
  mapping: Mapping;
  draft: Draft;
}

export function TestEvent({ preview, destination, mapping, draft }: Props) {
  const [sends, setSends] = useState(true);
  const { event } = preview;
  const [test, setTest] = useState<EventTest>();
  const deed = useDeed();
  const send = () =>
    deed.run(async () =>
      setTest(await tried({ destinationId: destination.id, mapping, draft, event }, sends)),
    );
  return (
    <Paper className={classes.card} component="section" aria-labelledby="test-title">
      <Title order={2} id="test-title">
        Test
      </Title>
      <Text fz="sm" c="dimmed" mb="sm">
        Runs the event through the real pipeline, unsaved changes included.
      </Text>
      <Group gap="md">
        <Button
          variant="default"
          leftSection={<IconSend size={15} />}
          disabled={event === undefined}
          loading={deed.isBusy}
          onClick={() => void send()}
        >
          Send test event
        </Button>
        <Checkbox
          label={`Send the request to ${destination.metadata.name}`}
          checked={sends}
          onChange={(change) => setSends(change.currentTarget.checked)}
        />
      </Group>
      <div aria-live="polite">
        {deed.error !== null && <ErrorState error={deed.error} again="Send test event" />}
        {test && <Steps test={test} />}
      </div>
    </Paper>
  );
}

const STEP_WORDS: Record<string, string> = {
  accept: "Accepted",
  connection: "Destination",
  integrations: "Integrations object",
  in_browser: "In the browser already?",
  filter: "Filter",
  trigger: "Trigger",
  mapping: "Mapping",
  validate: "Validation",
};

const RESULTS: Record<string, [State, string]> = {
  passed: ["good", "passed"],
  changed: ["good", "changed it"],
  matched: ["good", "matches"],
  not_matched: ["idle", "does not match"],
  made: ["good", "built the payload"],
  held: ["warn", "stopped it"],
  refused: ["bad", "refused"],
};

function Steps({ test }: { test: EventTest }) {
  return (
    <ol className={classes.steps}>
      {test.steps.map((step, at) => {
        const [state, words] = RESULTS[step.result] ?? ["idle", step.result];
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is where it stands.
          <li key={at}>
            <Group gap={8} justify="space-between">
              <Text fz="sm" fw={600}>
                {STEP_WORDS[step.step] ?? step.step}
                {step.step === "filter" && step.name ? `: ${step.name}` : ""}
              </Text>
              <StatusBadge state={state}>{words}</StatusBadge>
            </Group>
            {step.what && (
              <Text fz="sm" c="dimmed">
                {step.what} {step.do}
              </Text>
            )}
            {step.left && step.step === "mapping" && (
              <details>
                <summary>Payload</summary>
                <CodeBlock language="json" label="The payload" maxHeight={300}>
                  {JSON.stringify(step.left, null, 2)}
                </CodeBlock>
              </details>
            )}
          </li>
        );
      })}
      {test.deliveries.map(({ mappingId, request }) =>
        request ? (
          <li key={mappingId}>
            <Group gap={8} justify="space-between">
              <Text fz="sm" fw={600}>
                Request
              </Text>
              <StatusBadge state={request.isTaken ? "good" : "bad"}>
                {request.isTaken ? "accepted" : "rejected"}
              </StatusBadge>
            </Group>
            <Text fz="sm" c="dimmed" className={classes.made}>
              {request.method} {request.url}
              {request.status === null ? "" : `, answered ${request.status}`} in{" "}
              {Math.round(request.durationSeconds * 1000)} ms
            </Text>
            {request.what && (
              <Text fz="sm">
                {request.what} {request.do}
              </Text>
            )}
            <details>
              <summary>Request and answer</summary>
              <CodeBlock label="The request" maxHeight={260} wraps>
                {request.request || "Nothing was sent."}
              </CodeBlock>
              <CodeBlock label="The answer" maxHeight={260} wraps>
                {request.answer || "The answer has no text."}
              </CodeBlock>
            </details>
          </li>
        ) : (
          <li key={mappingId}>
            <Text fz="sm" c="dimmed">
              It would be sent. The request was skipped.
            </Text>
          </li>
        ),
      )}
    </ol>
  );
}
