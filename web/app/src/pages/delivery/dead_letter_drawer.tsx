/** One dead letter: why it died, what was to be delivered, and each attempt. */

import { Alert, Button, Drawer, Group, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconRoute } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, data } from "../../api/client";
import { useMay } from "../../api/roles";
import { CodeBlock } from "../../parts/code_block";
import { ConfirmButton } from "../../parts/confirm_button";
import { useDeed } from "../../parts/deed";
import { QueryView } from "../../parts/query_view";
import { tellError } from "../../parts/tell";
import { TimeAgo } from "../../parts/time_ago";
import { AttemptDetails } from "../events/attempt_details";
import { entriesOf } from "../events/life";
import { traceLink } from "../events/link";
import { traceQuery } from "../events/queries";
import type { Connection, WholeDeadLetter } from "./queries";

interface Props {
  connection: Connection;
  letterId: string | null;
  onClose: () => void;
  onAgain: (id: string) => Promise<void>;
  onDiscard: (id: string) => Promise<void>;
}

export function DeadLetterDrawer({ connection, letterId, onClose, onAgain, onDiscard }: Props) {
  const letter = useQuery({
    queryKey: ["dead-letter", connection.id, letterId],
    enabled: letterId !== null,
    retry: false,
    queryFn: async () =>
      (
        await data(
          api.GET("/destinations/{destination_id}/dead-letters/{letter_id}", {
            params: { path: { destination_id: connection.id, letter_id: letterId ?? "" } },
          }),
        )
      ).deadLetter,
  });
  const name = letter.data?.eventName ?? letter.data?.eventType;
  return (
    <Drawer
      opened={letterId !== null}
      onClose={onClose}
      position="right"
      size="xl"
      title={name ? `Dead letter: ${name}` : "Dead letter"}
    >
      {letterId !== null && (
        <QueryView query={letter}>
          {(whole) => (
            <Letter
              connection={connection}
              letter={whole}
              onAgain={async () => {
                await onAgain(whole.id);
                onClose();
              }}
              onDiscard={async () => {
                await onDiscard(whole.id);
                onClose();
              }}
            />
          )}
        </QueryView>
      )}
    </Drawer>
  );
}

interface LetterProps {
  connection: Connection;
  letter: WholeDeadLetter;
  onAgain: () => Promise<void>;
  onDiscard: () => Promise<void>;
}

function Letter({ connection, letter, onAgain, onDiscard }: LetterProps) {
  const mayEdit = useMay("editor");
  const sending = useDeed(tellError);
  const trace = useQuery(traceQuery(letter.messageId));
  const attempts = entriesOf(trace.data).filter(
    (entry) =>
      (entry.attempt ?? 0) > 0 &&
      entry.step !== "sent_again" &&
      entry.outcomeId?.startsWith(letter.idempotencyKey),
  );
  return (
    <Stack gap="lg">
      <Alert
        color="red"
        variant="outline"
        bg="var(--mantine-color-body)"
        icon={<IconAlertTriangle />}
        title={letter.what}
      >
        <Text fz="sm">{letter.do}</Text>
        <Text fz="sm" c="dimmed">
          Failed <TimeAgo at={letter.givenUpAt} /> after{" "}
          {letter.attempts === 1 ? "one attempt" : `${letter.attempts} attempts`}. The event came{" "}
          <TimeAgo at={letter.receivedAt} />.
        </Text>
      </Alert>
      <Group gap="xs">
        {mayEdit && (
          <Button loading={sending.isBusy} onClick={() => void sending.run(onAgain)}>
            Send again
          </Button>
        )}
        <Button
          component={Link}
          to={traceLink(letter.messageId)}
          variant="default"
          leftSection={<IconRoute size={16} aria-hidden />}
        >
          The event's life
        </Button>
        {mayEdit && (
          <ConfirmButton label="Discard" title="Discard this dead letter?" onConfirm={onDiscard}>
            {connection.name} will never get it: its payload is deleted. The event itself stays for
            as long as the journal keeps it, and can be replayed until then.
          </ConfirmButton>
        )}
      </Group>
      <section>
        <Title order={3} mb="xs">
          Payload
        </Title>
        <Text fz="sm" c="dimmed" mb="xs">
          What the mapping made, for the action “{letter.action}”. It is sent again as it is; to map
          the event anew, change the mapping and replay the event.
        </Text>
        <CodeBlock language="json" label="payload" wraps maxHeight={360}>
          {JSON.stringify(letter.payload, null, 2)}
        </CodeBlock>
      </section>
      <section>
        <Title order={3} mb="xs">
          {attempts.length > 1 ? "Attempts" : "The last attempt"}
        </Title>
        <Stack gap="md">
          {attempts.length > 0 ? (
            attempts.map((entry) => (
              <AttemptDetails key={`${entry.outcomeId} ${entry.step}`} entry={entry} isOpen />
            ))
          ) : (
            <AttemptDetails
              isOpen
              entry={{
                at: letter.givenUpAt,
                step: letter.step,
                sourceId: "",
                messageId: letter.messageId,
                what: letter.what,
                attempt: letter.attempts,
                request: letter.request,
                answer: letter.answer,
                ...(letter.status ? { status: letter.status } : {}),
              }}
            />
          )}
        </Stack>
      </section>
    </Stack>
  );
}
