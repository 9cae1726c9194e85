/** What the home page counts. */

import { queryOptions } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import type { components } from "../../api/schema";

type Schemas = components["schemas"];
type Balance = Schemas["BalanceAnswer"];
type Source = Pick<Schemas["SourceShape"], "id">;
type Connection = Pick<Schemas["DestinationShape"], "id" | "name">;

const MINUTE_MS = 60_000;
const MINUTES = 60;

interface Dataset {
  total: number;
  series: { time: string; count: number }[];
}

/** How many events each of the last sixty minutes brought, from all sources together. */
export function lastHourQuery(sources: readonly Source[]) {
  return queryOptions({
    queryKey: ["last-hour", sources.map((source) => source.id)],
    queryFn: async () => {
      const end = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
      const start = end - MINUTES * MINUTE_MS;
      const query = {
        startTime: new Date(start).toISOString(),
        endTime: new Date(end).toISOString(),
        granularity: "MINUTE" as const,
      };
      const answers = await Promise.all(
        sources.map((source) =>
          data(
            api.GET("/delivery-overview/{step}", {
              params: {
                path: { step: "successfully-received" },
                query: { ...query, sourceId: source.id },
              },
            }),
          ),
        ),
      );
      return perMinute(
        answers.flatMap((answer) => answer.dataset as Dataset[]),
        start,
      );
    },
  });
}

/** Returns the datasets added up by minute, with zero where nothing came. */
export function perMinute(
  datasets: readonly Dataset[],
  startMs: number,
): { total: number; counts: number[] } {
  const counts = new Array<number>(MINUTES).fill(0);
  for (const { time, count } of datasets.flatMap((dataset) => dataset.series)) {
    const minute = Math.floor((Date.parse(time) - startMs) / MINUTE_MS);
    if (minute >= 0 && minute < MINUTES) counts[minute] = (counts[minute] ?? 0) + count;
  }
  return { total: counts.reduce((sum, count) => sum + count, 0), counts };
}

export interface DeliveryProblem {
  key: string;
  title: string;
  todo: string;
}

/** Returns what a person should look at, the gravest first. */
export function problemsOf(
  balance: Balance,
  connections: readonly Connection[],
): DeliveryProblem[] {
  const found: DeliveryProblem[] = [];
  if (!balance.holds) {
    found.push({
      key: "balance",
      title: "The balance does not hold",
      todo: "Something that was accepted is not accounted for. Look into the server's log.",
    });
  }
  const namesById = new Map(connections.map((one) => [one.id, one.name]));
  for (const account of balance.accounts) {
    const name = account.destinationId && namesById.get(account.destinationId);
    if (!name || account.dead === 0) continue;
    found.push({
      key: account.destinationId ?? "",
      title: `${name}: ${account.dead.toLocaleString()} given up`,
      todo: "They are kept as dead letters. Find out why, put it right, and send them again.",
    });
  }
  return found;
}
