/** Asks for a new source's name and type, and makes it. */

import { Button, Group, Select, Stack, TextInput } from "@mantine/core";
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
  onMade: (source: Source) => void;
}

const KINDS = { web: "Web", mobile: "Mobile", server: "Server" };

export function SourceForm({ submitLabel, startName = "", unused, onMade }: Props) {
  const types = useQuery(sourceTypesQuery);
  const form = useForm({
    initialValues: { name: startName, metadataId: "javascript" },
    validate: { name: (name) => (name.trim() ? null : "Give it a name, such as Website.") },
  });
  const save = useSave(form, (field) => (field === "slug" ? "name" : field));

  const make = async ({ name: typed, metadataId }: typeof form.values) => {
    const name = typed.trim();
    let made: Source | undefined;
    const isSaved = await save.run(async () => {
      const sources = await queryClient.fetchQuery({ ...sourcesQuery, staleTime: 0 });
      if (unused && unused.metadata.id === metadataId) {
        const others = sources.filter((source) => source.id !== unused.id);
        const slug = freeSlug(
          name,
          others.map((source) => source.slug),
        );
        const path = { source_id: unused.id };
        const body = { name, slug };
        made = (await data(api.PATCH("/sources/{source_id}", { params: { path }, body }))).source;
      } else {
        const slug = freeSlug(
          name,
          sources.map((source) => source.slug),
        );
        const body = { name, slug, metadataId, enabled: true };
        made = (await data(api.POST("/sources", { body }))).source;
      }
    });
    if (!isSaved || !made) return;
    void queryClient.invalidateQueries({ queryKey: ["sources"] });
    void queryClient.invalidateQueries({ queryKey: ["volumes"] });
    onMade(made);
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
        {(save.error ?? types.error) !== null && <ErrorState error={save.error ?? types.error} />}
        <TextInput
          label="Name"
          description="For people: what you will look for in lists."
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
        <Group>
          <Button type="submit" loading={save.isBusy}>
            {submitLabel}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
