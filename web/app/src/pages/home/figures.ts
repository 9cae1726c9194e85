/** What the home page tells of destinations, and of what was changed. */

import { queryOptions } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import type { components } from "../../api/schema";
import { counted } from "../../parts/plural";
import type { State } from "../../parts/status_badge";

type Schemas = components["schemas"];
type Connection = Pick<Schemas["DestinationShape"], "id" | "name">;
export type Change = Schemas["AuditEntryShape"];

/** How sending stands with a connection. */
export interface Standing {
  isPaused: boolean;
  pause: { what: string; do: string } | null;
  unfinished: number;
  deadLetters: number;
}

interface Balance {
  holds: boolean;
  accounts: readonly { destinationId: string | null; dead: number }[];
}

const CONNECTIONS_MAX = 30;
const CHANGES = 8;

/** How sending stands with each connection, by id; of very many only the first. */
export function standingsQuery(connections: readonly Connection[]) {
  const ids = connections.slice(0, CONNECTIONS_MAX).map((connection) => connection.id);
  return queryOptions({
    queryKey: ["standings", ids],
    queryFn: async (): Promise<Record<string, Standing>> => {
      const found = await Promise.all(
        ids.map(async (id) => {
          const path = { destination_id: id };
          const call = api.GET("/destinations/{destination_id}/state", { params: { path } });
          // One that was deleted just now takes nothing from the others.
          const state = await data(call).then(
            (answer) => answer.state,
            () => null,
          );
          return state ? ([[id, state]] as const) : [];
        }),
      );
      return Object.fromEntries(found.flat());
    },
    // One more destination takes nothing away of what is known of the others.
    placeholderData: (before) => before,
  });
}

/** Who changed what last; for those who may read the audit log. */
export const changesQuery = queryOptions({
  queryKey: ["audit", "latest"],
  queryFn: async () =>
    (await data(api.GET("/audit", { params: { query: { "pagination[count]": 40 } } }))).entries
      // Who came and went is in the audit log; here it would hide what was changed.
      .filter((entry) => entry.kind !== "session")
      .slice(0, CHANGES),
});

export interface DeliveryProblem {
  key: string;
  title: string;
  todo: string;
  to?: string;
}

/** Returns what a person should look at, the gravest first. */
export function problemsOf(
  balance: Balance,
  connections: readonly Connection[],
  standings: Readonly<Record<string, Standing>> = {},
): DeliveryProblem[] {
  const found: DeliveryProblem[] = [];
  if (!balance.holds) {
    found.push({
      key: "balance",
      title: "Some events are unaccounted for",
      todo: "Check the server log, and the balance under Delivery.",
    });
  }
  for (const { id, name } of connections) {
    const pause = standings[id]?.isPaused ? standings[id].pause : null;
    if (pause) {
      found.push({
        key: `${id} paused`,
        title: `${name} is paused: ${pause.what}`,
        todo: pause.do,
        to: `/destinations/${id}`,
      });
    }
  }
  const namesById = new Map(connections.map((one) => [one.id, one.name]));
  for (const { destinationId, dead } of balance.accounts) {
    const name = destinationId && namesById.get(destinationId);
    if (!name || dead === 0) continue;
    found.push({
      key: `${destinationId} dead`,
      title: `${name}: ${counted(dead, "dead letter")}`,
      todo: "Find out why, fix it, and send them again.",
      to: `/destinations/${destinationId}/delivery`,
    });
  }
  return found;
}

/** Returns how a connection is, in a word or two. */
export function healthOf(
  isEnabled: boolean,
  standing: Standing | undefined,
): { state: State; label: string } {
  if (!isEnabled) return { state: "idle", label: "Disabled" };
  if (!standing) return { state: "idle", label: "…" };
  if (standing.isPaused) return { state: "bad", label: "Paused" };
  if (standing.deadLetters > 0) {
    const count = standing.deadLetters.toLocaleString();
    return { state: "warn", label: `${count} dead ${count === "1" ? "letter" : "letters"}` };
  }
  if (standing.unfinished > 0) {
    return { state: "busy", label: `${standing.unfinished.toLocaleString()} on the way` };
  }
  return { state: "good", label: "Healthy" };
}
