/** What the pages about single events ask for. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { ApiError } from "../../api/errors";
import { type Entry, isUnderWay, type Trace } from "./life";
import type { Wanted } from "./link";

const SOON_MS = 1_000;
const PAGE = 100;

/** Everything that happened to the events of a messageId; looked at again while more is to come. */
export function traceQuery(messageId: string) {
  return queryOptions({
    queryKey: ["trace", messageId],
    queryFn: async () =>
      (await data(
        api.GET("/events/{message_id}/trace", { params: { path: { message_id: messageId } } }),
      )) as unknown as Trace,
    refetchInterval: ({ state }) => {
      // What was just sent shows within a second or two.
      if (state.error instanceof ApiError) {
        return state.error.isMissing && state.errorUpdateCount < 5 ? SOON_MS : false;
      }
      return state.data && isUnderWay(state.data) ? SOON_MS : false;
    },
  });
}

/** The event itself; null if the journal has it no longer. */
export function eventQuery(messageId: string, isKnown: boolean) {
  return queryOptions({
    queryKey: ["event", messageId],
    enabled: isKnown,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      try {
        const { event } = await data(
          api.GET("/events/{message_id}", { params: { path: { message_id: messageId } } }),
        );
        return event;
      } catch (error) {
        if (error instanceof ApiError && error.isMissing) return null;
        throw error;
      }
    },
  });
}

/** Lines of the ledger, newest first. */
export function entriesQuery(wanted: Wanted) {
  const { from, to, ...rest } = wanted;
  return infiniteQueryOptions({
    queryKey: ["ledger", wanted],
    queryFn: async ({ pageParam }) => {
      const query: Record<string, string | number> = { limit: PAGE };
      for (const [key, value] of Object.entries(rest)) if (value) query[key] = value;
      if (from) query.startTime = from;
      if (to) query.endTime = to;
      if (pageParam) query.cursor = pageParam;
      const { entries, next } = await data(api.GET("/ledger", { params: { query } }));
      return { entries: entries as unknown as Entry[], next };
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
}
