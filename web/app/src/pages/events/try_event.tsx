/** The event once more, by today's rules: each step, without or with the last request. */

import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import { api, data } from "../../api/client";
import { useMay } from "../../api/roles";
import type { components } from "../../api/schema";
import { CodeBlock } from "../../parts/code_block";
import { useDeed } from "../../parts/deed";
import { ErrorState } from "../../parts/error_state";
import type { State } from "../../parts/status_badge";
import classes from "./events.module.css";

export type EventTest = components["schemas"]["EventTest"];

interface Props {
  destinationId: string;
  name: string;
  event: Record<string, unknown>;
}

const STEPS: Record<string, string> = {
  accept: "Accept",
  connection: "Destination",
  integrations: "Integrations object",
  in_browser: "Sent by the browser?",
  filter: "Filter",
  trigger: "Trigger",
  mapping: "Mapping",
  validate: "Validation",
};
const RESULTS: Record<string, { state: State; word: string }> = {
  passed: { state: "good", word: "passed" },
  changed: { state: "good", word: "changed it" },
  held: { state: "idle", word: "stopped it" },
  matched: { state: "good", word: "matches" },
  not_matched: { state: "idle", word: "does not match" },
  made: { state: "good", word: "built the payload" },
  refused: { state: "bad", word: "failed" },
};

export function TryEvent({ destinationId, name, event }: Props) {
  const [isOpen, { open, close }] = useDisclosure();
  const [test, setTest] = useState<EventTest | null>(null);
  const deed = useDeed();
  const mayEdit = useMay("editor");

  const run = (send: boolean) =>
    deed.run(async () => {
      const answer = await data(
        api.POST("/destinations/{destination_id}/test-event", {
          params: { path: { destination_id: destinationId } },
          body: { event, send },
        }),
      );
      setTest(answer.test);
    });
  const start = () => {
    open();
    setTest(null);
    void run(false);
  };

  if (!mayEdit) return null;
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={start}>
        Test with this event
      </Button>
      <Modal opened={isOpen} onClose={close} size="lg" title={`Test ${name} with this event`}>
        <Stack>
          <Text fz="sm" c="dimmed">
            The event goes through the filters, triggers and mappings as they are now. Nothing is
            stored.
          </Text>
          {deed.error !== null && (
            <ErrorState error={deed.error} onRetry={() => void run(false)} again="Try again" />
          )}
          {test && <Steps test={test} name={name} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Close
            </Button>
            {test && test.deliveries.length > 0 && (
              <Button loading={deed.isBusy} onClick={() => void run(true)}>
                Send the request too
              </Button>
            )}
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

export function Steps({ test, name }: { test: EventTest; name: string }) {
  return (
    <ol className={classes.life}>
      {test.steps.map((step, index) => {
        const result = RESULTS[step.result] ?? { state: "idle" as const, word: step.result };
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place.
          <li key={index} className={classes.moment} data-state={result.state}>
            <Text fw={600}>
              {STEPS[step.step] ?? step.step}
              {step.name && ` “${step.name}”`} {result.word}
            </Text>
            {step.what && <Text fz="sm">{step.what}</Text>}
            {step.do && (
              <Text fz="sm" c="dimmed">
                {step.do}
              </Text>
            )}
          </li>
        );
      })}
      {test.deliveries.map((delivery) => (
        <li
          key={delivery.mappingId}
          className={classes.moment}
          data-state={delivery.request ? (delivery.request.isTaken ? "good" : "bad") : "busy"}
        >
          <Text fw={600}>
            {delivery.request
              ? delivery.request.isTaken
                ? `${name} accepted it`
                : `${name} did not accept it`
              : "This would be sent"}
          </Text>
          {delivery.request?.what && <Text fz="sm">{delivery.request.what}</Text>}
          {delivery.request?.do && (
            <Text fz="sm" c="dimmed">
              {delivery.request.do}
            </Text>
          )}
          <CodeBlock language="json" label="payload" wraps maxHeight={260}>
            {JSON.stringify(delivery.payload, null, 2)}
          </CodeBlock>
          {delivery.request?.answer && (
            <>
              <span className={classes.label}>Answer {delivery.request.status}</span>
              <CodeBlock label="answer" wraps maxHeight={160}>
                {delivery.request.answer}
              </CodeBlock>
            </>
          )}
        </li>
      ))}
    </ol>
  );
}
