/** The settings of a destination, its name, and what can be done with all of it. */

import { Button, Group, Modal, Paper, Select, Stack, Text, TextInput, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { hashKey, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { api, data, versioned } from "../../api/client";
import { conflictOf } from "../../api/errors";
import { sourcesQuery } from "../../api/queries";
import { useMay } from "../../api/roles";
import { ConfirmButton } from "../../parts/confirm_button";
import { ConflictAlert } from "../../parts/conflict_alert";
import { differencesBetween } from "../../parts/differences";
import { ErrorState } from "../../parts/error_state";
import { SettingField } from "../../parts/setting_field";
import { tell } from "../../parts/tell";
import { useUnsavedGuard } from "../../parts/unsaved_guard";
import { isSupported, type Kind } from "../catalog/entries";
import { useFieldSave } from "../catalog/field_save";
import { TestConnection } from "../catalog/tried";
import { DestinationFrame } from "./frame";
import type { Destination } from "./queries";

export function SettingsPage() {
  return (
    <DestinationFrame>
      {(destination, etag) => <Settings key={destination.id} now={destination} etagNow={etag} />}
    </DestinationFrame>
  );
}

function Settings({ now, etagNow }: { now: Destination; etagNow: string | null }) {
  const client = useQueryClient();
  const canEdit = useMay("editor");
  // What was looked at when typing began: what others save meanwhile must not be overwritten.
  const started = useRef({ destination: now, etag: etagNow });
  const [name, setName] = useState(now.name);
  const [changed, setChanged] = useState<Record<string, unknown>>({});
  const save = useFieldSave((field) => field.startsWith("settings.") || field === "name");
  const [secretsTyped, setSecretsTyped] = useState(0);
  const isDirty = name !== started.current.destination.name || Object.keys(changed).length > 0;
  // Its switch stands beside the form, and is no change of what is typed here.
  const isOnlyBeside = isSameForm(started.current.destination, now);
  if (started.current.etag !== etagNow && (!isDirty || isOnlyBeside)) {
    started.current = { destination: now, etag: etagNow };
    if (!isDirty && name !== now.name) setName(now.name);
  }
  useUnsavedGuard(isDirty);
  const base = started.current.destination;
  const conflict = conflictOf(save.error);

  /** @param sent What of the form is in it; what was typed since stays, and is not saved yet. */
  const show = (destination: Destination, etag: string | null, sent = { name, changed }) => {
    started.current = { destination, etag };
    setName((now) => (now === sent.name ? destination.name : now));
    setChanged((now) =>
      Object.fromEntries(Object.entries(now).filter(([key, value]) => value !== sent.changed[key])),
    );
    // A secret that was typed is not to be seen again.
    setSecretsTyped((count) => count + 1);
    save.clear();
    client.setQueryData(["destination", destination.id], { destination, etag });
  };
  const send = async (ifMatch: string | null) => {
    const ok = await save.run(async () => {
      const { value, etag } = await versioned(
        api.PATCH("/destinations/{destination_id}", {
          params: {
            path: { destination_id: now.id },
            ...(ifMatch ? { header: { "if-match": ifMatch } } : {}),
          },
          body: { name, settings: changed },
        }),
      );
      show(value.destination, etag);
    });
    if (!ok) return;
    tell("The settings are saved.");
    void client.invalidateQueries({ queryKey: ["destinations"] });
    void client.invalidateQueries({ queryKey: ["destination", now.id] });
  };
  const takeTheirs = async () => {
    const { value, etag } = await versioned(
      api.GET("/destinations/{destination_id}", { params: { path: { destination_id: now.id } } }),
    );
    show(value.destination, etag);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void send(started.current.etag);
  };

  return (
    <Stack gap="xl" maw={760}>
      <form onSubmit={submit}>
        <Paper p="lg">
          <Stack>
            {conflictOf(save.error) || isConflict(save.error) ? (
              <ConflictAlert
                conflict={conflict}
                what="this destination"
                differences={
                  conflict
                    ? differences(now, conflict.current as unknown as Destination, name, changed)
                    : []
                }
                onTheirs={() => void takeTheirs()}
                onMine={() => void send(null)}
                isBusy={save.isBusy}
              />
            ) : (
              save.error !== null && <ErrorState error={save.error} again="Save" />
            )}
            <TextInput
              label="Name"
              description="Shown in lists."
              value={name}
              required
              disabled={!canEdit}
              error={save.errors.name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            {base.metadata.options.map((option) => (
              <SettingField
                key={`${option.name} ${option.isSecret ? secretsTyped : ""}`}
                option={option}
                value={
                  // Of a secret only what was typed: what is stored is never shown.
                  option.name in changed || option.isSecret
                    ? changed[option.name]
                    : base.settings[option.name]
                }
                isSecretSet={base.secretSettings[option.name]?.isSet ?? false}
                error={save.errors[`settings.${option.name}`]}
                isReadOnly={!canEdit}
                onChange={(value) => setChanged((all) => ({ ...all, [option.name]: value }))}
              />
            ))}
            {canEdit ? (
              <Group align="flex-start">
                <Button type="submit" loading={save.isBusy} disabled={!isDirty}>
                  Save
                </Button>
                {isDirty && (
                  <Button variant="subtle" onClick={() => show(base, started.current.etag)}>
                    Undo changes
                  </Button>
                )}
                {base.metadata.isTestable && (
                  <TestConnection
                    settings={changed}
                    test={async () =>
                      (
                        await data(
                          api.POST("/destinations/{destination_id}/test", {
                            params: { path: { destination_id: now.id } },
                            body: { settings: changed },
                          }),
                        )
                      ).test
                    }
                  />
                )}
              </Group>
            ) : (
              <Text c="dimmed">Your role is viewer: ask an editor to change this.</Text>
            )}
          </Stack>
        </Paper>
      </form>
      {canEdit && <WithAllOfIt destination={now} />}
    </Stack>
  );
}

const isSameForm = (one: Destination, other: Destination): boolean =>
  hashKey([one.name, one.settings, one.secretSettings]) ===
  hashKey([other.name, other.settings, other.secretSettings]);

function isConflict(error: unknown): boolean {
  return Boolean((error as { isConflict?: boolean } | null)?.isConflict);
}

function differences(
  now: Destination,
  theirs: Destination,
  name: string,
  changed: Record<string, unknown>,
) {
  const shown = now.metadata.options.filter((one) => !one.isSecret);
  const labels = {
    name: "Name",
    ...Object.fromEntries(shown.map((one) => [one.name, one.label])),
  };
  return differencesBetween(
    labels,
    { ...theirs.settings, name: theirs.name },
    { ...now.settings, ...changed, name },
  );
}

function WithAllOfIt({ destination }: { destination: Destination }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isOpen, { open, close }] = useDisclosure();
  const remove = async () => {
    await data(
      api.DELETE("/destinations/{destination_id}", {
        params: { path: { destination_id: destination.id } },
      }),
    );
    navigate("/destinations");
    tell(`${destination.name} is deleted.`);
    client.removeQueries({ queryKey: ["destination", destination.id] });
    await client.invalidateQueries({ queryKey: ["destinations"] });
  };
  return (
    <Paper p="lg" component="section">
      <Title order={2} mb="sm">
        Manage this destination
      </Title>
      <Stack>
        <Group justify="space-between">
          <Text flex="1 1 240px">
            A copy has the same settings, secrets, mappings and filters, and is disabled.
          </Text>
          <Button variant="default" onClick={open}>
            Duplicate
          </Button>
        </Group>
        <Group justify="space-between">
          <Text flex="1 1 240px">
            Deletes its mappings and filters too. To stop it for a while, disable it instead.
          </Text>
          <ConfirmButton
            label="Delete"
            title={`Delete ${destination.name}?`}
            typed={destination.name}
            onConfirm={remove}
          >
            Its settings, mappings and filters are lost, and what waits to be delivered is not sent
            any more. Events that came in stay, and what {destination.metadata.name} has stays
            there.
          </ConfirmButton>
        </Group>
      </Stack>
      <Modal opened={isOpen} onClose={close} title={`Duplicate ${destination.name}`}>
        <Duplicate destination={destination} onDone={close} />
      </Modal>
    </Paper>
  );
}

function Duplicate({ destination, onDone }: { destination: Destination; onDone: () => void }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const sources = useQuery(sourcesQuery);
  const [name, setName] = useState(`${destination.name} (copy)`);
  const [sourceId, setSourceId] = useState<string | null>(destination.sourceId);
  const save = useFieldSave((field) => field === "name" || field === "sourceId");
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    await save.run(async () => {
      const { destination: copy } = await data(
        api.POST("/destinations/{destination_id}/duplicate", {
          params: { path: { destination_id: destination.id } },
          body: { name, sourceId },
        }),
      );
      await client.invalidateQueries({ queryKey: ["destinations"] });
      onDone();
      tell(`${copy.name} was created. It is disabled.`);
      navigate(`/destinations/${copy.id}`);
    });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {save.error !== null && <ErrorState error={save.error} again="Duplicate" />}
        <TextInput
          label="Name of the copy"
          value={name}
          required
          data-autofocus
          error={save.errors.name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="Source"
          data={(sources.data ?? [])
            .filter((one) => isSupported(destination.metadata, one.metadata.kind as Kind))
            .map((one) => ({ value: one.id, label: one.name }))}
          value={sourceId}
          error={save.errors.sourceId}
          onChange={setSourceId}
          allowDeselect={false}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isBusy}>
            Duplicate
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
