/** What a source is called, whether it is on, its write keys, and its end. */

import { Button, Group, Paper, Stack, Switch, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { hashKey, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { api, data, versioned } from "../../api/client";
import { useMay } from "../../api/roles";
import { ConfirmButton } from "../../parts/confirm_button";
import { SaveError, useSave } from "../../parts/save";
import { tell } from "../../parts/tell";
import { useUnsavedGuard } from "../../parts/unsaved_guard";
import { connectedQuery, type Source, sourceQuery } from "./queries";
import { useSource } from "./source_frame";
import { WriteKeys } from "./write_keys";

export function SettingsTab() {
  const { source } = useSource();
  const canEdit = useMay("editor");
  return (
    <Stack gap="lg">
      <General key={source.id} />
      <WriteKeys source={source} />
      {canEdit && <Deletion source={source} />}
    </Stack>
  );
}

type Values = { name: string; slug: string; enabled: boolean; isStrict: boolean };

const valuesOf = ({ name, slug, enabled, settings }: Source): Values => ({
  name,
  slug,
  enabled,
  isStrict: settings.isStrict,
});

const isSame = (one: Values, other: Values) => hashKey([one]) === hashKey([other]);

function General() {
  const { source, etag } = useSource();
  const client = useQueryClient();
  const canEdit = useMay("editor");
  const form = useForm<Values>({
    initialValues: valuesOf(source),
    validate: { name: (name) => (name.trim() ? null : "Name is required.") },
  });
  const save = useSave(form, (field) => field.replace("settings.", ""));
  const isDirty = form.isDirty();
  const [version, setVersion] = useState(etag);
  useUnsavedGuard(isDirty);

  const fillFrom = (from: Source, version: string | null) => {
    form.setValues(valuesOf(from));
    form.resetDirty(valuesOf(from));
    setVersion(version);
  };
  // What somebody else saved shows at once where nobody is typing.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was loaded counts.
  useEffect(() => {
    if (!form.isDirty()) fillFrom(source, etag);
    // Something else about it was changed, such as its write keys.
    else if (isSame(valuesOf(source), form.getInitialValues())) setVersion(etag);
  }, [source, etag]);

  // With the version that the form was filled from, so that what another saved since is not lost.
  const send = (seen: string | null) =>
    save.run(async () => {
      const sent = form.getValues();
      const { name, slug, enabled, isStrict } = sent;
      const { value, etag: now } = await versioned(
        api.PATCH("/sources/{source_id}", {
          params: {
            path: { source_id: source.id },
            header: seen ? { "if-match": seen } : {},
          },
          body: { name: name.trim(), slug, enabled, settings: { isStrict } },
        }),
      );
      const saved = valuesOf(value.source);
      // What was typed meanwhile stays, and is not saved yet.
      if (isSame(form.getValues(), sent)) form.setValues(saved);
      form.resetDirty(saved);
      setVersion(now);
      await client.invalidateQueries({ queryKey: ["sources"] });
      tell("The source was saved.");
    });
  const theirs = async () => {
    const latest = await client.fetchQuery({ ...sourceQuery(source.id), staleTime: 0 });
    fillFrom(latest.source, latest.etag);
    save.clear();
  };

  return (
    <Paper p="lg" component="section" aria-label="General">
      <Title order={2} mb="md">
        General
      </Title>
      <form onSubmit={form.onSubmit(() => send(version))}>
        <Stack gap="md" maw={520}>
          <SaveError
            save={save}
            what="this source"
            onTheirs={theirs}
            onMine={() => void send(null)}
          />
          <TextInput label="Name" disabled={!canEdit} {...form.getInputProps("name")} />
          <TextInput
            label="Slug"
            description="Used by the API and the workspace file. Lower case, unique."
            disabled={!canEdit}
            spellCheck={false}
            {...form.getInputProps("slug")}
          />
          <Switch
            label="Enabled"
            description="When disabled, its events are discarded."
            disabled={!canEdit}
            {...form.getInputProps("enabled", { type: "checkbox" })}
          />
          <Switch
            label="Strict"
            description="Invalid requests get 400 or 401 instead of Segment's 200."
            disabled={!canEdit}
            {...form.getInputProps("isStrict", { type: "checkbox" })}
          />
          {canEdit ? (
            <Group>
              <Button type="submit" loading={save.isBusy} disabled={!isDirty}>
                Save
              </Button>
            </Group>
          ) : (
            <Text c="dimmed">Your role is viewer.</Text>
          )}
        </Stack>
      </form>
    </Paper>
  );
}

function Deletion({ source }: { source: Source }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = async () => {
    await data(api.DELETE("/sources/{source_id}", { params: { path: { source_id: source.id } } }));
    navigate("/sources");
    await client.invalidateQueries({ queryKey: ["sources"], exact: true });
    await client.invalidateQueries({ queryKey: ["volumes"] });
    tell(`The source ${source.name} was deleted.`);
  };
  const { data: connected } = useQuery(connectedQuery(source.id));
  const count = connected?.length;
  return (
    <Paper p="lg" component="section" aria-label="Delete">
      <Group justify="space-between">
        <div>
          <Title order={2}>Delete this source</Title>
          <Text c="dimmed">With its write keys, and the destinations connected to it.</Text>
        </div>
        <ConfirmButton
          label="Delete source"
          title={`Delete the source ${source.name}?`}
          typed={source.slug}
          onConfirm={remove}
        >
          This deletes its write keys and{" "}
          {count === undefined
            ? "its destinations"
            : count === 1
              ? "its destination"
              : `its ${count} destinations`}{" "}
          with their settings, mappings and filters. Events still sent with its keys will be
          discarded. Past events are kept until they expire.
        </ConfirmButton>
      </Group>
    </Paper>
  );
}
