/** What it is called, whether it is on, and its end. */

import {
  Button,
  Code,
  Group,
  Paper,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
  Title,
} from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { useMay } from "../../api/roles";
import { ConfirmButton } from "../../parts/confirm_button";
import { useDeed } from "../../parts/deed";
import { tell } from "../../parts/tell";
import { TimeAgo } from "../../parts/time_ago";
import { useUnsavedGuard } from "../../parts/unsaved_guard";
import { useLoaded } from "./audience";
import { ChangeError } from "./change_error";
import { recompute, remove, update, WORDS } from "./queries";
import { useChanged } from "./use_change";

export function SettingsTab() {
  const [round, setRound] = useState(0);
  return (
    <Stack gap="lg">
      <General key={round} onTheirs={() => setRound(round + 1)} />
      <Again />
      <Deletion />
    </Stack>
  );
}

function General({ onTheirs }: { onTheirs: () => void }) {
  const { one, kind } = useLoaded();
  const mayEdit = useMay("editor");
  const changed = useChanged(kind);
  const word = WORDS[kind].one;
  const [seen, setSeen] = useState(one);
  const [name, setName] = useState(one.name);
  const [description, setDescription] = useState(one.description);
  const [enabled, setEnabled] = useState(one.enabled);
  const deed = useDeed();
  const { isBusy, error } = deed;
  const isDirty =
    name !== seen.name || description !== seen.description || enabled !== seen.enabled;
  useUnsavedGuard(isDirty);

  useEffect(() => {
    if (!isDirty && one.version > seen.version) onTheirs();
  }, [one, seen, isDirty, onTheirs]);

  const save = (version: string | null) =>
    deed.run(async () => {
      const saved = await update(kind, one.id, version, {
        name: name.trim(),
        description,
        enabled,
      });
      setSeen(saved);
      // What was typed meanwhile stays, and is not saved yet.
      setName((now) => (now === name ? saved.name : now));
      await changed();
      tell(`The ${word} was saved.`);
    });
  return (
    <Paper p="lg" component="section" aria-label="General">
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          void save(`"${seen.version}"`);
        }}
      >
        <Stack maw={560}>
          <TextInput
            label="Name"
            required
            disabled={!mayEdit}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            description={
              <>
                Destinations go on calling it <Code>{one.key}</Code>.
              </>
            }
          />
          <Textarea
            label="Description"
            disabled={!mayEdit}
            value={description}
            autosize
            minRows={2}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          <Switch
            label="Enabled"
            description="Switched off, it is not kept up to date, and nobody is told of changes."
            disabled={!mayEdit}
            checked={enabled}
            onChange={(event) => setEnabled(event.currentTarget.checked)}
          />
          <ChangeError
            error={error}
            what={`this ${word}`}
            labels={{ name: "Name", description: "Description", enabled: "Enabled" }}
            mine={{ name: name.trim(), description, enabled }}
            theirs={(other) => ({ ...other })}
            isBusy={isBusy}
            onTheirs={async () => {
              await changed();
              onTheirs();
            }}
            onMine={() => void save(null)}
          />
          {mayEdit ? (
            <Group>
              <Button type="submit" loading={isBusy} disabled={!isDirty || !name.trim()}>
                Save
              </Button>
            </Group>
          ) : (
            <Text c="dimmed">Your role may look, and change nothing.</Text>
          )}
        </Stack>
      </form>
    </Paper>
  );
}

function Again() {
  const { one, kind } = useLoaded();
  const mayEdit = useMay("editor");
  const changed = useChanged(kind);
  return (
    <Paper p="lg" component="section" aria-label="Computing">
      <Group justify="space-between">
        <div>
          <Title order={2}>Compute it again</Title>
          <Text c="dimmed">
            Over all of the history. It keeps itself up to date, so this is only to be sure.{" "}
            {one.computedAt && (
              <>
                Computed in full <TimeAgo at={one.computedAt} />.
              </>
            )}
          </Text>
        </div>
        {mayEdit && (
          <ConfirmButton
            label="Compute again"
            title={`Compute ${one.name} again?`}
            c="var(--mantine-color-text)"
            onConfirm={async () => {
              await recompute(kind, one.id);
              await changed();
              tell("It is computed again. Only differences are sent.");
            }}
          >
            Everybody in the history is looked at. Nothing is lost, and only differences are sent.
          </ConfirmButton>
        )}
      </Group>
    </Paper>
  );
}

function Deletion() {
  const { one, kind } = useLoaded();
  const mayEdit = useMay("editor");
  const navigate = useNavigate();
  const client = useQueryClient();
  const { one: word, to } = WORDS[kind];
  if (!mayEdit) return null;
  return (
    <Paper p="lg" component="section" aria-label="Delete">
      <Group justify="space-between">
        <div>
          <Title order={2}>Delete this {word}</Title>
          <Text c="dimmed">Destinations keep what they were told.</Text>
        </div>
        <ConfirmButton
          label={`Delete ${word}`}
          title={`Delete ${one.name}?`}
          typed={one.key}
          onConfirm={async () => {
            await remove(kind, one.id);
            navigate(to);
            await client.invalidateQueries({ queryKey: [kind, "all"] });
            tell(`${one.name} was deleted.`);
          }}
        >
          Lost are its definition, {one.size.toLocaleString()}{" "}
          {kind === "audience" ? "memberships" : "values"} and its connections to{" "}
          {one.destinations.length === 1
            ? "1 destination"
            : `${one.destinations.length} destinations`}
          . These keep what they were told. The key <Code>{one.key}</Code> is never used again, so
          that nothing there means two things. Audiences that refer to it have to be changed first.
        </ConfirmButton>
      </Group>
    </Paper>
  );
}
