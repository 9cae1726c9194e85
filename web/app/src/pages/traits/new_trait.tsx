import { Button, Group, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useNavigate } from "react-router";
import { ApiError } from "../../api/errors";
import { useMay } from "../../api/roles";
import { ErrorState } from "../../parts/error_state";
import { PageHeader } from "../../parts/page_header";
import { tell } from "../../parts/tell";
import { useUnsavedGuard } from "../../parts/unsaved_guard";
import { keyOf, newComputedTrait } from "../audiences/builder/model";
import { NameFields } from "../audiences/name_fields";
import { NotAllowed } from "../audiences/new_audience";
import { create } from "../audiences/queries";
import { TraitEditor, useTraitDefinition } from "./trait_editor";
import { suggestedTraitName } from "./words";

export function NewTraitPage() {
  const mayEdit = useMay("editor");
  return (
    <>
      <PageHeader
        title="New computed trait"
        breadcrumbs={[{ label: "Computed traits", to: "/traits" }]}
        description="A value for each user, worked out from what they did and kept up to date."
      />
      {mayEdit ? <NewTrait /> : <NotAllowed to="/traits" label="Go to the computed traits" />}
    </>
  );
}

function NewTrait() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [start] = useState(newComputedTrait);
  const editing = useTraitDefinition("USERS", start);
  // Null until it is typed: then it follows what is computed.
  const [name, setName] = useState<string | null>(null);
  const [ownKey, setOwnKey] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [isDone, setDone] = useState(false);
  const [error, setError] = useState<unknown>(null);
  useUnsavedGuard(((name ?? "") !== "" || editing.query !== "") && !isDone);
  const called = name ?? (editing.built ? suggestedTraitName(editing.built) : "");
  const key = ownKey?.trim() ?? keyOf(called);
  const isReady = editing.valid !== "" && !editing.isBusy && called.trim() !== "" && key !== "";

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    setBusy(true);
    setError(null);
    try {
      const made = await create("computed_trait", {
        name: called.trim(),
        key,
        description: "",
        definition: { query: editing.valid, type: "USERS" },
        isWithAnonymous: false,
      });
      setDone(true);
      await client.invalidateQueries({ queryKey: ["computed_trait", "all"] });
      tell(`The computed trait ${made.name} was made.`);
      // After the guard has heard that there is nothing to lose any more.
      setTimeout(() => navigate(`/traits/${made.id}`), 0);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const messages = error instanceof ApiError ? error.messagesByField() : {};
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TraitEditor editing={editing} type="USERS" isWithAnonymous={false} id={null} />
        <NameFields
          name={called}
          onName={setName}
          ownKey={ownKey}
          onKey={setOwnKey}
          placeholder="Total spent"
          messages={messages}
        />
        {error !== null && <ErrorState error={error} />}
        <Group>
          <Button type="submit" loading={isBusy} disabled={!isReady}>
            Create computed trait
          </Button>
          <Button variant="subtle" component={Link} to="/traits">
            Cancel
          </Button>
          <Text c="dimmed" fz="sm">
            {editing.missing ?? (called.trim() ? (key ? "" : "Give it a key.") : "Give it a name.")}
          </Text>
        </Group>
      </Stack>
    </form>
  );
}
