/** Saving what is no Mantine form: the errors by the API's name of each field. */

import { useState } from "react";
import { ApiError } from "../../api/errors";
import { type Deed, useDeed } from "../../parts/deed";

/** Its error is what concerns no field that the page has. */
export interface FieldSave extends Deed {
  /** By the API's name: `settings.apiKey`. */
  errors: Record<string, string>;
}

/** @param has Whether the page has a field that shows the error itself. */
export function useFieldSave(has: (field: string) => boolean): FieldSave {
  const [errors, setErrors] = useState<Record<string, string>>({});
  const deed = useDeed((problem) => {
    const byField =
      problem instanceof ApiError && !problem.isConflict ? problem.messagesByField() : {};
    const shown = Object.entries(byField).filter(([field]) => field !== "" && has(field));
    setErrors(Object.fromEntries(shown));
    // What no field can show is shown above them.
    return shown.length >= Math.max(1, Object.keys(byField).length);
  });
  return {
    ...deed,
    errors,
    run: (send) =>
      deed.run(() => {
        setErrors({});
        return send();
      }),
    clear: () => {
      deed.clear();
      setErrors({});
    },
  };
}
