/** The latest events of a source, for trying a filter on. */

import { queryOptions } from "@tanstack/react-query";
import { session } from "../../api/session";
import type { TriedEvent } from "./filter_words";

const COUNT = 10;

interface Answer {
  data: { events: { messageId: string; event: Record<string, unknown> }[] };
}

/** The newest first; nothing where the server does not tell them. */
export const recentEventsQuery = (sourceId: string) =>
  queryOptions({
    queryKey: ["sources", sourceId, "events", COUNT],
    queryFn: async (): Promise<TriedEvent[]> => {
      const answer = await fetch(
        `/api/v1/sources/${encodeURIComponent(sourceId)}/events?limit=${COUNT}`,
        { headers: { "x-csrf-token": session.get()?.csrfToken ?? "" } },
      );
      if (!answer.ok) return [];
      const body = (await answer.json()) as Answer;
      return body.data.events.map((one) => ({ key: one.messageId, event: one.event }));
    },
  });
