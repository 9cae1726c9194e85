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
  const first =
    sync.total === 0
      ? "First sync done, nobody was in it yet"
      : `First sync done, ${number.format(sync.total)} sent`;
  const changes =
    sync.waiting > 0
      ? `; ${number.format(sync.waiting)} changes waiting`
      : "; changes go out at once";
  return { percent: 100, isDone, words: first + changes };
}

interface Sizes {
  dayAgo: number | null;
  points: readonly { at: string; size: number }[];
}

const signed = new Intl.NumberFormat("en", { signDisplay: "exceptZero" });
const HOUR_MS = 3_600_000;

/** Returns how a size changed in 24 hours, or in as many as are known; null if nothing is. */
export function changeOf(size: number, sizes: Sizes | undefined, now: number): string | null {
  const [first] = sizes?.points ?? [];
  if (!sizes || !first) return null;
  const hours = Math.max(1, Math.round((now - Date.parse(first.at)) / HOUR_MS));
  const [before, span] =
    sizes.dayAgo === null
      ? [first.size, hours === 1 ? "in the last hour" : `in ${hours} hours`]
      : [sizes.dayAgo, "in 24 hours"];
  return size === before ? `no change ${span}` : `${signed.format(size - before)} ${span}`;
}

/** Returns the corners of a line through sizes at their times, in a box. */
export function lineOf(
  points: readonly { at: number; size: number }[],
  width: number,
  height: number,
): string[] {
  const [first] = points;
  if (!first) return [];
  const sizes = points.map(({ size }) => size);
  const [lowest, highest] = [Math.min(...sizes), Math.max(...sizes)];
  // The last is of now by the clock of this computer, which may be behind the server's.
  const end = Math.max(...points.map(({ at }) => at));
  const span = Math.max(1, end - first.at);
  const inner = height - 4;
  return points.map(({ at, size }, index) => {
    const isEnd = index > 0 && index === points.length - 1;
    const x = isEnd ? width : (width * (at - first.at)) / span;
    // What does not change is a line in the middle.
    const share = highest === lowest ? 0.5 : (size - lowest) / (highest - lowest);
    return `${x.toFixed(1)},${(height - 2 - share * inner).toFixed(1)}`;
  });
}
