import { useEffect } from "react";
import { signal, useSignal } from "../api/signal";

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];
const TICK_MS = 10_000;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** Returns such as "3 minutes ago"; less than ten seconds either way is "just now". */
export function ago(at: Date, now: Date): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  if (Math.abs(seconds) < 10) return "just now";
  const [unit, length] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return relative.format(Math.trunc(seconds / length), unit);
}

// One clock for all of them: a list of thousands has one timer.
const now = signal(new Date());
let followers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function useNow(): Date {
  useEffect(() => {
    followers += 1;
    timer ??= setInterval(() => now.set(new Date()), TICK_MS);
    return () => {
      followers -= 1;
      if (followers === 0) {
        clearInterval(timer);
        timer = undefined;
      }
    };
  }, []);
  return useSignal(now);
}

/** How long ago; the exact moment, in the reader's time zone, when pointed at. */
export function TimeAgo({ at }: { at: string | Date }) {
  const clock = useNow();
  const moment = typeof at === "string" ? new Date(at) : at;
  if (Number.isNaN(moment.getTime())) return <span>unknown</span>;
  // The shared clock may be a few seconds behind what has just happened.
  const latest = new Date(Math.max(clock.getTime(), Math.min(Date.now(), moment.getTime())));
  return (
    <time dateTime={moment.toISOString()} title={absolute.format(moment)}>
      {ago(moment, latest)}
    </time>
  );
}
