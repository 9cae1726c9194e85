/** Saving a form: each error at its field, nothing typed is lost, and no change overwritten. */

import { Alert, Button, Group } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconUsers } from "@tabler/icons-react";
import { ApiError } from "../api/errors";
import { type Deed, useDeed } from "./deed";
import { ErrorState } from "./error_state";

/** Its error is what concerns no single field. */
export interface Save extends Deed {
  /** Somebody else changed it since it was loaded. */
  isConflict: boolean;
}

/**
 * Sends what a form has, and shows what the server says of it at the fields.
 *
 * @param form Of Mantine; its fields are called as the API calls them.
 * @param fieldOf Turns the API's name of a field into the form's, where they differ.
 */
export function useSave<Values extends Record<string, unknown>>(
  form: UseFormReturnType<Values>,
  fieldOf: (field: string) => string = (field) => field,
): Save {
  /** Returns whether fields show all that is wrong. */
  const isShownAtFields = (problem: unknown): boolean => {
    const { "": general, ...byField } =
      problem instanceof ApiError && !problem.isConflict ? problem.messagesByField() : {};
    const known = Object.entries(byField)
      .map(([field, message]) => [fieldOf(field), message] as const)
      .filter(([field]) => form.getInputNode(field) !== null);
    for (const [field, message] of known) form.setFieldError(field, message);
    return general === undefined && known.length > 0;
  };
  const deed = useDeed(isShownAtFields);
  return {
    ...deed,
    isConflict: deed.error instanceof ApiError && deed.error.isConflict,
    run: (send) =>
      deed.run(() => {
        form.clearErrors();
        return send();
      }),
  };
}

interface SaveErrorProps {
  save: Save;
  /** What it is: "this mapping". */
  what: string;
  /** Loads what the other has saved, in place of what was typed. */
  onTheirs: () => void;
  /** Saves what was typed over it: sends without the ETag. */
  onMine: () => void;
}

/** Above a form: what concerns no single field; and between two who edit the same, the choice. */
export function SaveError({ save, what, onTheirs, onMine }: SaveErrorProps) {
  if (save.error === null) return null;
  if (!save.isConflict) return <ErrorState error={save.error} again="Save" />;
  return (
    <Alert
      role="alert"
      color="amber"
      variant="outline"
      icon={<IconUsers />}
      title={`Somebody else changed ${what} meanwhile`}
    >
      Nothing was saved. Everything you typed is still here.
      <Group mt="sm" gap="xs">
        <Button variant="default" onClick={onTheirs}>
          Show their version
        </Button>
        <Button variant="default" onClick={onMine}>
          Save mine over it
        </Button>
      </Group>
    </Alert>
  );
}
