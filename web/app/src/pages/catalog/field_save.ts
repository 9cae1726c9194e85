/** Saving what is no Mantine form: the errors by the API's name of each field. */

import { useState } from "react";
import { ApiError } from "../../api/errors";

export interface FieldSave {
  isBusy: boolean;
  /** What concerns no field that the page has. */
  error: unknown;
  /** By the API's name: `settings.apiKey`. */
  errors: Record<string, string>;
  run: (send: () => Promise<unknown>) => Promise<boolean>;
  clear: () => void;
}

/** @param has Whether the page has a field that shows the error itself. */
export function useFieldSave(has: (field: string) => boolean): FieldSave {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const clear = () => {
    setError(null);
    setErrors({});
  };
  const run = async (send: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    clear();
    try {
      await send();
      return true;
    } catch (problem) {
      const byField =
        problem instanceof ApiError && !problem.isConflict ? problem.messagesByField() : {};
      const shown = Object.entries(byField).filter(([field]) => field !== "" && has(field));
      setErrors(Object.fromEntries(shown));
      // What no field can show is shown above them.
      if (shown.length < Math.max(1, Object.keys(byField).length)) setError(problem);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, error, errors, run, clear };
}
