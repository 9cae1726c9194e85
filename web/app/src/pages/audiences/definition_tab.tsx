/** What an audience means, to look at and to change. */

import { Button, Group, Paper, Text } from "@mantine/core";
import { useState } from "react";
import { useMay } from "../../api/roles";
import { tell } from "../../parts/tell";
import { useUnsavedGuard } from "../../parts/unsaved_guard";
import { useLoaded } from "./audience";
import { ChangeError } from "./change_error";
import { DefinitionEditor, useAudienceDefinition } from "./definition_editor";
import { update } from "./queries";
import { QueryText } from "./query_text";
import { useChanged } from "./use_change";

export function DefinitionTab() {
  const { one } = useLoaded();
  const mayEdit = useMay("editor");
  // Another start after somebody else's version was taken.
  const [round, setRound] = useState(0);
  if (!mayEdit) {
    return (
      <Paper p="lg">
        <QueryText value={one.definition.query} onChange={() => {}} problem={null} isReadOnly />
      </Paper>
    );
  }
  return <Edit key={round} onTheirs={() => setRound(round + 1)} />;
}

function Edit({ onTheirs }: { onTheirs: () => void }) {
  const { one, etag } = useLoaded();
  const changed = useChanged("audience");
  // Those that the page was filled from: what somebody else saves meanwhile is not overwritten.
  const [seen, setSeen] = useState({ etag, query: one.definition.query });
  const editing = useAudienceDefinition({ type: one.definition.type, start: seen.query });
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const isDirty = editing.query !== seen.query || editing.missing !== null;
  useUnsavedGuard(isDirty);

  const save = async (version: string | null) => {
    setBusy(true);
    setError(null);
    try {
      const saved = await update("audience", one.id, version, {
        definition: { query: editing.valid },
      });
      setSeen({ etag: `"${saved.version}"`, query: editing.query });
      await changed();
      tell("Saved. It is computed anew, and only differences are sent.");
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save(seen.etag);
      }}
    >
      <DefinitionEditor
        editing={editing}
        type={one.definition.type}
        isWithAnonymous={one.options.includeAnonymousUsers}
        id={one.id}
      />
      <ChangeError
        error={error}
        what="this audience"
        onTheirs={async () => {
          await changed();
          onTheirs();
        }}
        onMine={() => void save(null)}
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
            "Who was in it stays until the new definition is computed; only differences are sent."}
        </Text>
      </Group>
    </form>
  );
}
