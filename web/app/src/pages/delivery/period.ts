/** The time that an overview is about, and the steps that it is counted in. */

export type Grain = "MINUTE" | "HOUR" | "DAY";
export type PeriodName = "hour" | "day" | "week" | "month";

export interface Period {
  name: PeriodName;
  label: string;
  /** Within a sentence: "in the last hour". */
  words: string;
  ms: number;
  /** The first is taken if none is chosen. */
  grains: readonly Grain[];
  refreshMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const GRAIN_MS: Record<Grain, number> = { MINUTE: MINUTE_MS, HOUR: HOUR_MS, DAY: DAY_MS };
export const GRAIN_WORDS: Record<Grain, string> = { MINUTE: "minute", HOUR: "hour", DAY: "day" };

const HOUR: Period = {
  name: "hour",
  label: "Hour",
  words: "in the last hour",
  ms: HOUR_MS,
  grains: ["MINUTE"],
  refreshMs: 5_000,
};
export const PERIODS: readonly Period[] = [
  HOUR,
  {
    name: "day",
    label: "Day",
    words: "in the last 24 hours",
    ms: DAY_MS,
    grains: ["HOUR"],
    refreshMs: 10_000,
  },
  {
    name: "week",
    label: "Week",
    words: "in the last 7 days",
    ms: 7 * DAY_MS,
    grains: ["HOUR", "DAY"],
    refreshMs: 30_000,
  },
  {
    name: "month",
    label: "30 days",
    words: "in the last 30 days",
    ms: 30 * DAY_MS,
    grains: ["DAY"],
    refreshMs: 60_000,
  },
];

/** Returns the period and grain of the page's address; the last hour if it names none. */
export function chosen(parameters: URLSearchParams): { period: Period; grain: Grain } {
  const period = PERIODS.find(({ name }) => name === parameters.get("period")) ?? HOUR;
  const wanted = parameters.get("by")?.toUpperCase();
  const grain = period.grains.find((one) => one === wanted) ?? period.grains[0] ?? "HOUR";
  return { period, grain };
}

/** Returns where the period begins and ends, in whole grains, so that the last one is the current. */
export function rangeOf(period: Period, grain: Grain, nowMs: number): [number, number] {
  const grainMs = GRAIN_MS[grain];
  const end = (Math.floor(nowMs / grainMs) + 1) * grainMs;
  return [end - period.ms, end];
}

export interface Point {
  time: string;
  count: number;
}

/** Returns a count for each grain of the range, zero where the series says nothing. */
export function filledIn(
  series: readonly Point[],
  [start, end]: [number, number],
  grain: Grain,
): number[] {
  const grainMs = GRAIN_MS[grain];
  const counts = new Array<number>(Math.round((end - start) / grainMs)).fill(0);
  for (const { time, count } of series) {
    const index = Math.floor((Date.parse(time) - start) / grainMs);
    if (index >= 0 && index < counts.length) counts[index] = (counts[index] ?? 0) + count;
  }
  return counts;
}

/** Returns how a moment is written under a chart. Days are those of UTC, as they are counted so. */
export function moment(ms: number, grain: Grain): string {
  const options: Intl.DateTimeFormatOptions =
    grain === "DAY"
      ? { month: "short", day: "numeric", timeZone: "UTC" }
      : grain === "HOUR"
        ? { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
        : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat(undefined, options).format(ms);
}
