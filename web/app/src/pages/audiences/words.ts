/** What to say of how an audience or computed trait stands. */

import type { State } from "../../parts/status_badge";
import type { Computation, Output } from "./queries";

export const STATES: Record<Computation["state"], { state: State; words: string }> = {
  live: { state: "good", words: "Live" },
  computing: { state: "busy", words: "Computing" },
  disabled: { state: "idle", words: "Switched off" },
  failed: { state: "bad", words: "Failed" },
};

interface Progress {
  percent: number | null;
  words: string;
  isDone: boolean;
}

const number = new Intl.NumberFormat("en");

/** Returns how far a destination is told, in words and percent. */
export function progressOf({
  enabled,
  inBrowser,
  sync,
}: Pick<Output, "enabled" | "inBrowser" | "sync">): Progress {
  if (!enabled) {
    return {
      percent: null,
      isDone: false,
      words: "The destination is switched off: nothing is sent to it.",
    };
  }
  if (inBrowser) {
    const words = "Told with the next identify in the browser, of the user who is there.";
    return { percent: null, isDone: true, words };
  }
  if (!sync) {
    return { percent: null, isDone: false, words: "The first sync begins when it is computed." };
  }
  const isDone = sync.finishedAt !== null;
  const percent = sync.total === 0 ? 100 : Math.floor((100 * sync.told) / sync.total);
  if (!isDone) {
    const words = `First sync: ${number.format(sync.told)} of ${number.format(sync.total)} sent`;
    return { percent, isDone, words };
  }
  const changes =
    sync.waiting > 0
      ? `; ${number.format(sync.waiting)} changes waiting`
      : "; changes go out at once";
  return {
    percent: 100,
    isDone,
    words: `First sync done, ${number.format(sync.total)} sent${changes}`,
  };
}
