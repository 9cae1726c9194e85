/** Something that a person asks for, one at a time: a second press meanwhile does nothing. */

import { useRef, useState } from "react";

export interface Deed {
  isBusy: boolean;
  /** Why it was not done; null if nothing was in the way. */
  error: unknown;
  /** Does it; returns whether it was done. While it is under way, nothing more is. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
  clear: () => void;
}

/**
 * @param show Shows a problem elsewhere, such as at the fields of a form or in the corner; returns
 *   true if nothing of it is left to be shown as `error`.
 */
export function useDeed(show?: (problem: unknown) => unknown): Deed {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  // A button that is shown as busy comes too late for two presses in the same moment.
  const isUnderWay = useRef(false);

  const run = async (work: () => Promise<unknown>): Promise<boolean> => {
    if (isUnderWay.current) return false;
    isUnderWay.current = true;
    setBusy(true);
    setError(null);
    try {
      await work();
      return true;
    } catch (problem) {
      if (show?.(problem) !== true) setError(problem);
      return false;
    } finally {
      isUnderWay.current = false;
      setBusy(false);
    }
  };
  return { isBusy, error, run, clear: () => setError(null) };
}
