/** What an audience or computed trait means, to look at and to change. */

import { Button, Group, Text } from "@mantine/core";
import { type ComponentType, useEffect, useState } from "react";
import { useMay } from "../../api/roles";
import { useDeed } from "../../parts/deed";
import { tell } from "../../parts/tell";
import { useUnsavedGuard } from "../../parts/unsaved_guard";
import { useLoaded } from "./audience";
import classes from "./builder/builder.module.css";
import { ChangeError } from "./change_error";
import { DefinitionEditor, useAudienceDefinition } from "./definition_editor";
import { type Subject, update, WORDS } from "./queries";
import { useChanged } from "./use_change";
import type { Editing } from "./use_definition";

export interface EditorProps<Built> {
  editing: Editing<Built>;
  type: Subject;
  isWithAnonymous: boolean;
  /** Of the one that is edited; null of a new one. */
  id: string | null;
}

interface Props<Built> {
  useEditing: (type: Subject, start: string) => Editing<Built>;
  Editor: ComponentType<EditorProps<Built>>;
  /** What stays until the new definition is computed. */
  stays: string;
}

export function DefinitionTabOf<Built>(props: Props<Built>) {
  const mayEdit = useMay("editor");
  // Another start after somebody else's version was taken.
  const [round, setRound] = useState(0);
  if (!mayEdit) return <Shown {...props} />;
  return <Edit key={round} {...props} onTheirs={() => setRound((before) => before + 1)} />;
}

/** The same, for who may look and change nothing. */
function Shown<Built>({ useEditing, Editor }: Props<Built>) {
  const { one } = useLoaded();
  const editing = useEditing(one.definition.type, one.definition.query);
  return (
    <fieldset disabled className={classes.readOnly}>
      <Editor
        editing={editing}
        type={one.definition.type}
        isWithAnonymous={one.options.includeAnonymousUsers}
        id={one.id}
      />
    </fieldset>
  );
}

function Edit<Built>({
  useEditing,
  Editor,
  stays,
  onTheirs,
}: Props<Built> & { onTheirs: () => void }) {
  const { one, kind } = useLoaded();
  const changed = useChanged(kind);
  // What the page was filled from: what somebody else saves meanwhile is not overwritten.
  const [seen, setSeen] = useState({ version: one.version, query: one.definition.query });
  const editing = useEditing(one.definition.type, seen.query);
  const deed = useDeed();
  const { isBusy, error } = deed;
  const isDirty = editing.query !== seen.query || editing.missing !== null;
  useUnsavedGuard(isDirty);

  useEffect(() => {
    if (one.version <= seen.version) return;
    if (one.definition.query === seen.query) {
      // Something else about it was changed, such as its destinations.
      if (error === null) setSeen((before) => ({ ...before, version: one.version }));
    } else if (!isDirty) onTheirs();
  }, [one, seen, isDirty, error, onTheirs]);

  const save = (etag: string | null) =>
    deed.run(async () => {
      const saved = await update(kind, one.id, etag, { definition: { query: editing.valid } });
      setSeen({ version: saved.version, query: editing.query });
      await changed();
      tell("Saved. It is computed anew, and only differences are sent.");
    });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save(`"${seen.version}"`);
      }}
    >
      <Editor
        editing={editing}
        type={one.definition.type}
        isWithAnonymous={one.options.includeAnonymousUsers}
        id={one.id}
      />
      <ChangeError
        error={error}
        what={`this ${WORDS[kind].one}`}
        labels={{ query: "Definition" }}
        mine={{ query: editing.valid }}
        theirs={(other) => ({ query: other.definition.query })}
        onTheirs={async () => {
          await changed();
          onTheirs();
        }}
        onMine={() => void save(null)}
        isBusy={isBusy}
      />
      <Group mt="md">
        <Button
          type="submit"
          loading={isBusy}
          disabled={!isDirty || editing.valid === "" || editing.isBusy}
        >
          Save
        </Button>
        <Text c="dimmed" fz="sm">
          {editing.missing ??
            `${stays} until the new definition is computed; only differences are sent.`}
        </Text>
      </Group>
    </form>
  );
}

export const DefinitionTab = () => (
  <DefinitionTabOf
    useEditing={useAudienceDefinition}
    Editor={DefinitionEditor}
    stays="Who was in it stays"
  />
);
