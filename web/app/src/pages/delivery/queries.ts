/** What the delivery pages ask for. */

import { queryOptions } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import type { components } from "../../api/schema";
import { filledIn, type Grain, type Period, type Point, rangeOf } from "./period";
import { BY_BROWSER } from "./reasons";
import { STEPS, type Step, type StepName } from "./steps";

type Schemas = components["schemas"];
export type Connection = Schemas["DestinationShape"];
export type Standing = Schemas["StateAnswer"]["state"];
export type Sending = Schemas["SendingShape"];
export type DeadLetter = Schemas["DeadLetterShape"];
export type WholeDeadLetter = Schemas["WholeDeadLetterShape"];
export type Replay = Schemas["ReplayShape"];
export type Account = Schemas["BalanceAnswer"]["accounts"][number];

/** Whether this server delivers to it; otherwise the visitor's browser does. */
export const isCloudMode = (connection: Connection): boolean =>
  connection.metadata.mode === "cloud";

/** What an overview is about; without either, everything. */
export interface Scope {
  sourceId?: string | undefined;
  destinationId?: string | undefined;
}

export interface Dataset {
  total: number;
  series: (Point & { retryCount?: number })[];
  eventName?: string | null;
  eventType?: string | null;
  discardReason?: string | null;
  subscriptionId?: string | null;
  destinationConfigId?: string | null;
}

async function counted(
  step: Step,
  scope: Scope,
  grain: Grain,
  [start, end]: [number, number],
  groupBy: string[] = [],
): Promise<Dataset[]> {
  const answer = await data(
    api.GET("/delivery-overview/{step}", {
      params: {
        path: { step: step.name },
        query: {
          startTime: new Date(start).toISOString(),
          endTime: new Date(end).toISOString(),
          granularity: grain,
          ...(scope.sourceId ? { sourceId: scope.sourceId } : {}),
          ...(scope.destinationId && !step.isOfSource
            ? { destinationConfigId: scope.destinationId }
            : {}),
          ...(groupBy.length > 0 ? { groupBy } : {}),
        },
      },
    }),
  );
  return answer.dataset as Dataset[];
}

export interface Overview {
  range: [number, number];
  totals: Record<StepName, number>;
  counts: Record<StepName, number[]>;
  /** Not among those filtered at the destination: the page gave them to the vendor itself. */
  byBrowser: number;
  retries: number;
}

const reasonsOf = (step: Step): string[] =>
  step.name === "filtered-at-destination" ? ["discardReason"] : [];
const isByBrowser = (set: Dataset): boolean => set.discardReason === BY_BROWSER;

/** The six steps: how many, and when. */
export function overviewQuery(scope: Scope, period: Period, grain: Grain) {
  return queryOptions({
    queryKey: ["delivery-overview", scope, period.name, grain],
    queryFn: async (): Promise<Overview> => {
      const range = rangeOf(period, grain, Date.now());
      const found = await Promise.all(
        STEPS.map((step) => counted(step, scope, grain, range, reasonsOf(step))),
      );
      const all = STEPS.map(
        ({ name }, index) =>
          [name, (found[index] ?? []).filter((set) => !isByBrowser(set))] as const,
      );
      const sum = (sets: readonly Dataset[]) => sets.reduce((total, set) => total + set.total, 0);
      return {
        range,
        totals: Object.fromEntries(all.map(([name, sets]) => [name, sum(sets)])) as Record<
          StepName,
          number
        >,
        counts: Object.fromEntries(
          all.map(([name, sets]) => [
            name,
            filledIn(
              sets.flatMap((set) => set.series),
              range,
              grain,
            ),
          ]),
        ) as Record<StepName, number[]>,
        byBrowser: sum(found.flat().filter(isByBrowser)),
        retries: found
          .flat()
          .flatMap((set) => set.series)
          .reduce((total, point) => total + (point.retryCount ?? 0), 0),
      };
    },
    refetchInterval: period.refreshMs,
    placeholderData: (before) => before,
  });
}

/** One step, taken apart by reason, event and mapping. */
export function breakdownQuery(step: Step, scope: Scope, period: Period, grain: Grain) {
  return queryOptions({
    queryKey: ["delivery-breakdown", step.name, scope, period.name, grain],
    queryFn: async () => {
      const range = rangeOf(period, grain, Date.now());
      const [reasons, events, mappings] = await Promise.all([
        counted(step, scope, grain, range, ["discardReason"]),
        counted(step, scope, grain, range, ["eventName", "eventType"]),
        step.isOfSource ? [] : counted(step, scope, grain, range, ["subscriptionId"]),
      ]);
      return { range, reasons, events, mappings };
    },
    refetchInterval: period.refreshMs,
  });
}

export interface Shares {
  filtered: number;
  byBrowser: number;
  failed: number;
  delivered: number;
  trend: number[];
}

/** What each destination got, by its id. */
export function byDestinationQuery(period: Period, grain: Grain) {
  return queryOptions({
    queryKey: ["delivery-by-destination", period.name, grain],
    queryFn: async () => {
      const range = rangeOf(period, grain, Date.now());
      const found: Record<string, Shares> = {};
      const add = (sets: readonly Dataset[], key: "filtered" | "failed" | "delivered") => {
        for (const set of sets) {
          const id = set.destinationConfigId ?? "";
          found[id] ??= { filtered: 0, byBrowser: 0, failed: 0, delivered: 0, trend: [] };
          found[id][isByBrowser(set) ? "byBrowser" : key] += set.total;
          if (key === "delivered") found[id].trend = filledIn(set.series, range, grain);
        }
      };
      const names = { filtered: 3, failed: 4, delivered: 5 } as const;
      await Promise.all(
        Object.entries(names).map(async ([key, index]) => {
          const step = STEPS[index] as Step;
          add(
            await counted(step, {}, grain, range, ["destinationConfigId", ...reasonsOf(step)]),
            key as keyof typeof names,
          );
        }),
      );
      return found;
    },
    refetchInterval: period.refreshMs,
    placeholderData: (before) => before,
  });
}

/** Attempts: how many, and how long they took. */
export function attemptsQuery(destinationId: string | undefined, period: Period, grain: Grain) {
  return queryOptions({
    queryKey: ["attempts", destinationId, period.name, grain],
    queryFn: async () => {
      const [start, end] = rangeOf(period, grain, Date.now());
      const query = {
        startTime: new Date(start).toISOString(),
        endTime: new Date(end).toISOString(),
        ...(destinationId ? { destinationId } : {}),
      };
      return (await data(api.GET("/attempts", { params: { query } }))).attempts;
    },
    refetchInterval: period.refreshMs,
    placeholderData: (before) => before,
  });
}

const STATE_REFRESH_MS = 3_000;

/** Whether a destination is paused, and how much waits for it. */
export function stateQuery(id: string) {
  return queryOptions({
    queryKey: ["destination-state", id],
    queryFn: async () =>
      (
        await data(
          api.GET("/destinations/{destination_id}/state", {
            params: { path: { destination_id: id } },
          }),
        )
      ).state,
    refetchInterval: STATE_REFRESH_MS,
  });
}

/** When a destination is asked next, and why the latest attempt failed. */
export function sendingQuery(id: string) {
  return queryOptions({
    queryKey: ["destination-sending", id],
    queryFn: async () =>
      (
        await data(
          api.GET("/destinations/{destination_id}/sending", {
            params: { path: { destination_id: id } },
          }),
        )
      ).sending,
    refetchInterval: STATE_REFRESH_MS,
  });
}

export const LETTERS_PAGE = 200;

export async function deadLetters(id: string, after: string) {
  return data(
    api.GET("/destinations/{destination_id}/dead-letters", {
      params: { path: { destination_id: id }, query: { after, count: LETTERS_PAGE } },
    }),
  );
}

export const replaysQuery = queryOptions({
  queryKey: ["replays"],
  queryFn: async () =>
    (await data(api.GET("/replays", { params: { query: { "pagination[count]": 200 } } }))).replays,
  refetchInterval: (query) =>
    query.state.data?.some((one) => one.state === "running") ? 1_000 : 15_000,
});
