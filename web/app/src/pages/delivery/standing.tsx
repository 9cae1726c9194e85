/** Whether a destination is sent to at the moment: paused and why, failing, waiting until when. */

import { Alert, Anchor, Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAlertTriangle, IconPlayerPause } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { api, data } from "../../api/client";
import { useMay } from "../../api/roles";
import { useDeed } from "../../parts/deed";
import { ErrorState } from "../../parts/error_state";
import { counted } from "../../parts/plural";
import { type State, StatusBadge } from "../../parts/status_badge";
import { tell, tellError } from "../../parts/tell";
import { TimeAgo } from "../../parts/time_ago";
import { statesQuery } from "../destinations/queries";
import { type Connection, type Sending, type Standing, sendingQuery, stateQuery } from "./queries";

/** Returns how a destination stands, in a word. */
export function standingOf(
  connection: Pick<Connection, "enabled">,
  state: Standing | undefined,
  sending?: Sending,
): { state: State; word: string } {
  if (!connection.enabled) return { state: "idle", word: "Disabled" };
  if (!state) return { state: "idle", word: "…" };
  if (state.isPaused) {
    return state.pause?.reason === "owner"
      ? { state: "warn", word: "Paused" }
      : { state: "bad", word: "Paused: action needed" };
  }
  if (sending?.isOnlyProbed) return { state: "bad", word: "Not responding" };
  if (state.unfinished > 0 && sending?.nextAttemptAt) return { state: "warn", word: "Retrying" };
  if (state.unfinished > 0) return { state: "busy", word: "Sending" };
  return { state: "good", word: "Delivering" };
}

export function StandingBadge({ connection }: { connection: Connection }) {
  const { data: state } = useQuery(stateQuery(connection.id));
  const { data: sending } = useQuery(sendingQuery(connection.id));
  const { state: color, word } = standingOf(connection, state, sending);
  return <StatusBadge state={color}>{word}</StatusBadge>;
}

function useResume(connection: Connection) {
  const client = useQueryClient();
  const { isBusy, run } = useDeed(tellError);
  const resume = () =>
    run(async () => {
      const { state } = await data(
        api.POST("/destinations/{destination_id}/resume", {
          params: { path: { destination_id: connection.id } },
        }),
      );
      client.setQueryData(stateQuery(connection.id).queryKey, state);
      await client.invalidateQueries({ queryKey: statesQuery.queryKey });
      tell(`${connection.name} has resumed.`);
    });
  return { isBusy, resume };
}

/** What hinders delivery, and what to do; nothing while all is well. */
export function StandingAlert({ connection }: { connection: Connection }) {
  const { data: state } = useQuery(stateQuery(connection.id));
  const { data: sending } = useQuery(sendingQuery(connection.id));
  const { isBusy, resume } = useResume(connection);
  const mayEdit = useMay("editor");
  if (!state) return null;
  const waiting = `${state.unfinished.toLocaleString()} ${
    state.unfinished === 1 ? "delivery waits" : "deliveries wait"
  }, safe on disk.`;

  if (state.pause) {
    const isByHand = state.pause.reason === "owner";
    return (
      <Alert
        role="status"
        color={isByHand ? "amber" : "red"}
        variant="outline"
        bg="var(--mantine-color-body)"
        icon={<IconPlayerPause />}
        title={isByHand ? "Paused" : "Paused: deliveries would fail"}
      >
        <Text fz="sm">
          {state.pause.what} {state.pause.do}
        </Text>
        <Text fz="sm" c="dimmed">
          Since <TimeAgo at={state.pause.sinceAt} />. {waiting}
        </Text>
        <Group mt="sm" gap="xs">
          {!isByHand && mayEdit && (
            <Button component={Link} to={`/destinations/${connection.id}/settings`}>
              Open the settings
            </Button>
          )}
          {mayEdit && (
            <Button
              variant={isByHand ? "filled" : "default"}
              loading={isBusy}
              onClick={() => void resume()}
            >
              {isByHand ? "Resume" : "Try again now"}
            </Button>
          )}
        </Group>
        {!isByHand && (
          <Text fz="xs" c="dimmed" mt="xs">
            It resumes automatically when its settings change.
          </Text>
        )}
      </Alert>
    );
  }
  if (!sending || (!sending.isOnlyProbed && !(state.unfinished > 0 && sending.nextAttemptAt))) {
    return null;
  }
  return (
    <Alert
      role="status"
      color="amber"
      variant="outline"
      bg="var(--mantine-color-body)"
      icon={<IconAlertTriangle />}
      title={
        sending.isOnlyProbed ? "It keeps failing" : "Some deliveries are waiting to be retried"
      }
    >
      <Text fz="sm">
        {sending.what} {sending.do}
      </Text>
      <Text fz="sm" c="dimmed">
        {waiting}{" "}
        {sending.nextAttemptAt && (
          <>
            The next attempt is <Soon at={sending.nextAttemptAt} />.
          </>
        )}{" "}
        {sending.isOnlyProbed &&
          "One delivery at a time checks whether it has recovered. When one succeeds, the rest follow."}
      </Text>
    </Alert>
  );
}

const SOON_MS = 10_000;

function Soon({ at }: { at: string }) {
  return Date.parse(at) - Date.now() < SOON_MS ? "in a moment" : <TimeAgo at={at} />;
}

/** Pauses; asks why first, so that nobody wonders later. */
export function PauseButton({ connection }: { connection: Connection }) {
  const client = useQueryClient();
  const { data: state } = useQuery(stateQuery(connection.id));
  const [isOpen, { open, close }] = useDisclosure();
  const [why, setWhy] = useState("");
  const deed = useDeed();
  const mayEdit = useMay("editor");
  if (!mayEdit || !state || state.isPaused || !connection.enabled) return null;

  const pause = (event: FormEvent) => {
    event.preventDefault();
    void deed.run(async () => {
      const { state: after } = await data(
        api.POST("/destinations/{destination_id}/pause", {
          params: { path: { destination_id: connection.id } },
          body: { why: why.trim() },
        }),
      );
      client.setQueryData(stateQuery(connection.id).queryKey, after);
      await client.invalidateQueries({ queryKey: statesQuery.queryKey });
      setWhy("");
      close();
    });
  };

  return (
    <>
      <Button
        variant="default"
        leftSection={<IconPlayerPause size={16} aria-hidden />}
        onClick={open}
      >
        Pause
      </Button>
      <Modal opened={isOpen} onClose={close} title={`Pause ${connection.name}?`}>
        <form onSubmit={pause}>
          <Stack>
            <Text fz="sm">
              Nothing is sent until somebody resumes it. Events are still accepted, and their
              deliveries wait on disk. Nothing is lost.
            </Text>
            <TextInput
              label="Why"
              description="Optional. Shown to everyone while it is paused."
              placeholder="Their maintenance tonight"
              maxLength={300}
              value={why}
              onChange={(event) => setWhy(event.currentTarget.value)}
              data-autofocus
            />
            {deed.error !== null && <ErrorState error={deed.error} again="Pause" />}
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button type="submit" loading={deed.isBusy}>
                Pause
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}

/** Where its dead letters are; nothing without any. */
export function DeadLettersLink({ connection }: { connection: Connection }) {
  const { data: state } = useQuery(stateQuery(connection.id));
  if (!state || state.deadLetters === 0) return null;
  return (
    <Alert
      color="red"
      variant="outline"
      bg="var(--mantine-color-body)"
      icon={<IconAlertTriangle />}
      title={counted(state.deadLetters, "dead letter")}
    >
      <Text fz="sm">
        Each is kept with the reason.{" "}
        <Anchor
          component={Link}
          to={`/delivery/dead-letters?destination=${connection.id}`}
          fz="sm"
          underline="always"
        >
          Review, fix and resend them
        </Anchor>
      </Text>
    </Alert>
  );
}
