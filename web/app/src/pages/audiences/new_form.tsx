/** Making a new audience or computed trait: what it means, what it is called, and the button. */

import { Button, Group, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { Link } from "react-router";
import { ApiError } from "../../api/errors";
import { useDeed } from "../../parts/deed";
import { ErrorState } from "../../parts/error_state";
import { tell } from "../../parts/tell";
import { useUnsavedGuard } from "../../parts/unsaved_guard";
import { keyOf } from "./builder/model";
import { NameFields } from "./name_fields";
import { create, type Kind, type Subject, WORDS } from "./queries";
import type { Editing } from "./use_definition";

interface Props {
  kind: Kind;
  type: Subject;
  isWithAnonymous: boolean;
  editing: Pick<Editing<unknown>, "query" | "valid" | "isBusy" | "missing">;
  /** A name for who has not thought of one. */
  suggestion: string;
  /** Of the name. */
  placeholder: string;
  /** Where the definition is edited. */
  children: ReactNode;
}

export function NewForm(props: Props) {
  const { kind, type, isWithAnonymous, editing, suggestion, placeholder, children } = props;
  const client = useQueryClient();
  // Null until it is typed: then it follows the definition.
  const [name, setName] = useState<string | null>(null);
  const [ownKey, setOwnKey] = useState<string | null>(null);
  const deed = useDeed();
  const leave = useUnsavedGuard((name ?? "") !== "" || editing.query !== "");
  const called = name ?? suggestion;
  const key = ownKey?.trim() ?? keyOf(called);
  const isReady = editing.valid !== "" && !editing.isBusy && called.trim() !== "" && key !== "";
  const { one: word, to } = WORDS[kind];

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    void deed.run(async () => {
      const made = await create(kind, {
        name: called.trim(),
        key,
        description: "",
        definition: { query: editing.valid, type },
        isWithAnonymous,
      });
      void client.invalidateQueries({ queryKey: [kind, "all"] });
      tell(`The ${word} ${made.name} was made.`);
      await leave(`${to}/${made.id}`);
    });
  };

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {children}
        <NameFields
          name={called}
          onName={setName}
          ownKey={ownKey}
          onKey={setOwnKey}
          placeholder={placeholder}
          messages={deed.error instanceof ApiError ? deed.error.messagesByField() : {}}
        />
        {deed.error !== null && <ErrorState error={deed.error} again={`Create ${word}`} />}
        <Group>
          <Button type="submit" loading={deed.isBusy} disabled={!isReady}>
            Create {word}
          </Button>
          <Button variant="subtle" component={Link} to={to}>
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
