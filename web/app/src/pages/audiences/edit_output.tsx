import { Button, Group, Stack, Text } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { ApiError } from "../../api/errors";
import { useDeed } from "../../parts/deed";
import { tell } from "../../parts/tell";
import { useUnsavedGuard } from "../../parts/unsaved_guard";
import { useLoaded } from "./audience";
import { ChangeError } from "./change_error";
import { DRAFT_LABELS, draftOf, isSame, isWhole } from "./output_draft";
import { OutputFields } from "./output_fields";
import { connect, type Output } from "./queries";
import { useChanged } from "./use_change";

/** How a destination that is connected is told, to change. */
export function EditOutput({ output, onDone }: { output: Output; onDone: () => void }) {
  const { one, kind } = useLoaded();
  const changed = useChanged(kind);
  // What it was filled from: what somebody else saves meanwhile is not overwritten.
  const [seen] = useState({ version: one.version, draft: draftOf(output) });
  const [draft, setDraft] = useState(seen.draft);
  const deed = useDeed();
  const { isBusy, error } = deed;
  const isDirty = !isSame(draft, seen.draft);
  useUnsavedGuard(isDirty && !isBusy);
  const messages = error instanceof ApiError && !error.isConflict ? error.messagesByField() : {};

  const save = (etag: string | null) =>
    deed.run(async () => {
      await connect(kind, one.id, output.destinationId, draft, etag);
      await changed();
      tell("Saved. Whatever changes from now on is sent so; nobody is sent anew.");
      onDone();
    });
  return (
    <form
      aria-label={`How ${output.name} is told`}
      style={{ marginTop: 18 }}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (isDirty && isWhole(draft)) void save(`"${seen.version}"`);
      }}
    >
      <Stack maw={640}>
        <OutputFields draft={draft} onChange={setDraft} messages={messages} />
        <Text fz="sm" c="dimmed">
          It concerns what changes from now on. Who was sent before is not sent again.
        </Text>
        <ChangeError
          error={error}
          what={`how ${output.name} is told`}
          labels={DRAFT_LABELS}
          mine={{ ...draft }}
          theirs={(other) => ({
            ...other.destinations.find((each) => each.destinationId === output.destinationId),
          })}
          onTheirs={async () => {
            await changed();
            onDone();
          }}
          onMine={() => void save(null)}
          isBusy={isBusy}
        />
        <Group>
          <Button type="submit" loading={isBusy} disabled={!isDirty || !isWhole(draft)}>
            Save
          </Button>
          <Button variant="subtle" onClick={onDone}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
