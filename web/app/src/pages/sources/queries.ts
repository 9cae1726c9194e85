/** What the pages of sources ask the API. */

import { queryOptions } from "@tanstack/react-query";
import { api, data, versioned } from "../../api/client";
import type { components } from "../../api/schema";
import type { Entry } from "./entries";

type Schemas = components["schemas"];
export type Source = Schemas["SourceShape"];
export type SourceType = Schemas["SourceMetadata"];

const of = (sourceId: string) => ({ params: { path: { source_id: sourceId } } });

/** One source, with the ETag that a change of it is sent with. */
export const sourceQuery = (sourceId: string) =>
  queryOptions({
    queryKey: ["sources", sourceId],
    queryFn: async () => {
      const { value, etag } = await versioned(api.GET("/sources/{source_id}", of(sourceId)));
      return { source: value.source, etag };
    },
  });

/** Every type of source. */
export const sourceTypesQuery = queryOptions({
  queryKey: ["catalog", "sources"],
  queryFn: async () =>
    (await data(api.GET("/catalog/sources", { params: { query: { "pagination[count]": 200 } } })))
      .sourcesCatalog,
  staleTime: Number.POSITIVE_INFINITY,
});

/** The snippet, and the host and write key that stand in it. */
export const snippetQuery = (sourceId: string) =>
  queryOptions({
    queryKey: ["sources", sourceId, "snippet"],
    queryFn: async () => {
      const found = (await data(
        api.GET("/sources/{source_id}/snippet", of(sourceId)),
      )) as Schemas["SnippetAnswer"];
      // Without https, Analytics.js does not find out by itself where it came from.
      const isSecure = found.host.startsWith("https:");
      return {
        host: found.host,
        writeKey: found.writeKey,
        snippet: isSecure ? found.snippet : found.httpSnippet,
      };
    },
  });

/** The write keys, with when each was last used. */
export const writeKeysQuery = (sourceId: string) =>
  queryOptions({
    queryKey: ["sources", sourceId, "writekeys"],
    queryFn: () => data(api.GET("/sources/{source_id}/writekeys", of(sourceId))),
    refetchInterval: 5_000,
  });

/** The destinations that are connected to a source. */
export const connectedQuery = (sourceId: string) =>
  queryOptions({
    queryKey: ["sources", sourceId, "destinations"],
    queryFn: async () =>
      (
        await data(
          api.GET("/sources/{source_id}/connected-destinations", {
            params: { path: { source_id: sourceId }, query: { "pagination[count]": 200 } },
          }),
        )
      ).destinations,
  });

/** One event itself. */
export const eventQuery = (sourceId: string, messageId: string) =>
  queryOptions({
    queryKey: ["events", sourceId, messageId],
    queryFn: async () =>
      (
        await data(
          api.GET("/events/{message_id}", {
            params: { path: { message_id: messageId }, query: { sourceId } },
          }),
        )
      ).event,
    // It never changes; but a moment after it came it may not be there yet.
    staleTime: Number.POSITIVE_INFINITY,
    retry: 2,
    retryDelay: 400,
  });

/** What browsers and the door noticed about a source. */
export const noticesQuery = (sourceId: string) =>
  queryOptions({
    queryKey: ["notices"],
    queryFn: async () =>
      (await data(api.GET("/notices", { params: { query: { "pagination[count]": 200 } } })))
        .notices,
    select: (notices) => notices.filter((notice) => notice.sourceId === sourceId),
    refetchInterval: 30_000,
  });

interface Search {
  sourceId?: string;
  step?: string;
  reason?: string;
  limit: number;
}

/** Returns entries of the ledger, newest first. */
export async function searchLedger(query: Search): Promise<Entry[]> {
  const { entries } = await data(api.GET("/ledger", { params: { query } }));
  return entries as unknown as Entry[];
}

/** Returns all that happened to an event of a source, oldest first. */
export async function lifeOf(sourceId: string, messageId: string): Promise<Entry[]> {
  const params = { path: { message_id: messageId } };
  const { events } = await data(api.GET("/events/{message_id}/trace", { params }));
  const own = events.filter((life) => life.sourceId === sourceId);
  return own.flatMap((life) => life.timeline) as unknown as Entry[];
}

/** The names of sources and destinations by id, as traces have them. */
export const namesOf = (things: readonly { id: string; name: string }[]): Record<string, string> =>
  Object.fromEntries(things.map(({ id, name }) => [id, name]));
