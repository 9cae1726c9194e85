/** Asks for a new source's name and type, and makes it. */

import { Button, Checkbox, Group, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { queryClient, sourcesQuery } from "../../api/queries";
import { ErrorState } from "../../parts/error_state";
import { useSave } from "../../parts/save";
import { type Source, sourceTypesQuery } from "./queries";
import { freeSlug } from "./slug";

interface Props {
  submitLabel: string;
  startName?: string;
  /** A source that nobody uses yet: it gets the name, if it is of the type. */
  unused?: Source | undefined;
  /** Shows it; until that is done the form can not be sent again. */
  onMade: (source: Source) => unknown;
}

const KINDS = { web: "Web", mobile: "Mobile", server: "Server" };

export function SourceForm({ submitLabel, startName = "", unused, onMade }: Props) {
  const types = useQuery(sourceTypesQuery);
  const form = useForm({
    initialValues: { name: startName, metadataId: "javascript", isMoving: false, writeKey: "" },
    validate: {
      name: (name) => (name.trim() ? null : "Name is required."),
      writeKey: (key, { isMoving }) =>
        isMoving && !key.trim() ? "Write key is required. Segment shows it under API Keys." : null,
    },
  });
  const save = useSave(form, (field) => ({ slug: "name", writeKeys: "writeKey" })[field] ?? field);

  const make = async ({ name: typed, metadataId, isMoving, writeKey }: typeof form.values) => {
    const name = typed.trim();
    const kept = isMoving ? writeKey.trim() : "";
    await save.run(async () => {
      let made: Source;
      const sources = await queryClient.fetchQuery({ ...sourcesQuery, staleTime: 0 });
      if (unused && unused.metadata.id === metadataId) {
        const others = sources.filter((source) => source.id !== unused.id);
        const slug = freeSlug(
          name,
          others.map((source) => source.slug),
        );
        const path = { source_id: unused.id };
        const body = { name, slug };
        // First what can be refused: the key may be another source's.
        if (kept && !unused.writeKeys.includes(kept)) {
          await data(
            api.POST("/sources/{source_id}/writekey", {
              params: { path },
              body: { writeKey: kept },
            }),
          );
        }
        made = (await data(api.PATCH("/sources/{source_id}", { params: { path }, body }))).source;
      } else {
        const slug = freeSlug(
          name,
          sources.map((source) => source.slug),
        );
        const writeKeys = kept ? { writeKeys: [kept] } : {};
        const body = { name, slug, metadataId, enabled: true, ...writeKeys };
        made = (await data(api.POST("/sources", { body }))).source;
      }
      // Where it is shown it has to be there at once, and not only when the list was asked again.
      queryClient.setQueryData(sourcesQuery.queryKey, (all) => [
        ...(all ?? sources).filter((source) => source.id !== made.id),
        made,
      ]);
      void queryClient.invalidateQueries({ queryKey: ["sources"] });
      void queryClient.invalidateQueries({ queryKey: ["volumes"] });
      await onMade(made);
    });
  };

  const groups = Object.entries(KINDS).map(([kind, group]) => ({
    group,
    items: (types.data ?? [])
      .filter((type) => type.kind === kind)
      .map(({ id, name }) => ({ value: id, label: name })),
  }));
  const chosen = types.data?.find((type) => type.id === form.values.metadataId);

  return (
    <form onSubmit={form.onSubmit(make)}>
      <Stack gap="md" maw={460}>
        {(save.error ?? types.error) !== null && (
          <ErrorState error={save.error ?? types.error} again={submitLabel} />
        )}
        <TextInput
          label="Name"
          description="What you will look for in lists."
          placeholder="Website"
          withAsterisk={false}
          autoFocus
          {...form.getInputProps("name")}
        />
        <Select
          label="Type"
          description={chosen?.description ?? "What sends."}
          data={types.data ? groups : []}
          searchable
          allowDeselect={false}
          {...form.getInputProps("metadataId")}
        />
        <Checkbox
          label="Keep a write key from Segment"
          description="If you are moving: your pages and libraries keep the key they have."
          {...form.getInputProps("isMoving", { type: "checkbox" })}
        />
        {form.values.isMoving && (
          <TextInput
            label="Write key"
            description="In Segment: the source's Settings, API Keys."
            spellCheck={false}
            autoComplete="off"
            {...form.getInputProps("writeKey")}
          />
        )}
        <Group>
          <Button type="submit" loading={save.isBusy}>
            {submitLabel}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
