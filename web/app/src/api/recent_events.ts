/** The latest events of a source, to look at and to try things on. */

import { queryOptions } from "@tanstack/react-query";
import { api, data } from "./client";
import type { components } from "./schema";

export type RecentEvent = Omit<components["schemas"]["EventShape"], "sourceId">;

const UNTIL_THE_FIRST_MS = 5_000;

/** The newest first. Asked again by itself as long as there is none. */
export const recentEventsQuery = (sourceId: string, limit: number) =>
  queryOptions({
    queryKey: ["sources", sourceId, "events", limit],
    queryFn: async () =>
      (
        await data(
          api.GET("/sources/{source_id}/events", {
            params: { path: { source_id: sourceId }, query: { limit } },
          }),
        )
      ).events,
    refetchInterval: (query) => (query.state.data?.length ? false : UNTIL_THE_FIRST_MS),
  });
