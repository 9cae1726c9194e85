/** How much each source sends, for charts and counts. */

import { queryOptions } from "@tanstack/react-query";
import { api, data } from "./client";
import type { components } from "./schema";

export type Volume = components["schemas"]["SourceVolume"];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The times that volumes can be looked at for, each with how finely it is counted. */
export const PERIODS = {
  hour: { label: "Last hour", granularity: "MINUTE", stepMs: MINUTE_MS, steps: 60 },
  day: { label: "Last 24 hours", granularity: "HOUR", stepMs: HOUR_MS, steps: 24 },
  week: { label: "Last 7 days", granularity: "HOUR", stepMs: HOUR_MS, steps: 168 },
  month: { label: "Last 30 days", granularity: "DAY", stepMs: DAY_MS, steps: 30 },
} as const;

export type Period = keyof typeof PERIODS;

export interface TimeRange {
  startMs: number;
  endMs: number;
}

/** Returns the period that ends with the stretch that `nowMs` lies in. */
export function rangeOf(period: Period, nowMs: number): TimeRange {
  const { stepMs, steps } = PERIODS[period];
  const endMs = Math.floor(nowMs / stepMs) * stepMs + stepMs;
  return { startMs: endMs - steps * stepMs, endMs };
}

const REFRESH_MS: Record<Period, number> = {
  hour: 5_000,
  day: 15_000,
  week: 60_000,
  month: 60_000,
};

/** The volume of every source over a period, under `["volumes", period]`. */
export function volumesQuery(period: Period) {
  return queryOptions({
    queryKey: ["volumes", period],
    queryFn: async () => {
      const { startMs, endMs } = rangeOf(period, Date.now());
      const query = {
        startTime: new Date(startMs).toISOString(),
        endTime: new Date(endMs).toISOString(),
        granularity: PERIODS[period].granularity,
      };
      const { volumes } = await data(api.GET("/volumes", { params: { query } }));
      return { startMs, volumes };
    },
    refetchInterval: REFRESH_MS[period],
  });
}

/** Returns how many were received in each stretch of a period, with zero where nothing came. */
export function perStretch(
  volumes: readonly Pick<Volume, "series">[],
  period: Period,
  startMs: number,
): number[] {
  const { stepMs, steps } = PERIODS[period];
  const counts = new Array<number>(steps).fill(0);
  for (const { time, received } of volumes.flatMap((volume) => volume.series)) {
    const index = Math.floor((Date.parse(time) - startMs) / stepMs);
    if (index >= 0 && index < steps) counts[index] = (counts[index] ?? 0) + received;
  }
  return counts;
}
