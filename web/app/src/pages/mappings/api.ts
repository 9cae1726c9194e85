/** What the pages of mappings ask the API. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, data, versioned } from "../../api/client";
import type { components } from "../../api/schema";
import type { Fields } from "./value/form";

type Schemas = components["schemas"];
export type Action = Schemas["ActionMetadata"];
export type ActionField = Schemas["ActionField"];
export type EventTest = Schemas["EventTest"];
export type Mapping = Omit<Schemas["SubscriptionShape"], "settings"> & { settings: Fields };

/** What somebody edits of a mapping. */
export interface Draft {
  name: string;
  trigger: string;
  settings: Fields;
}

/** Every mapping of a destination: there are at most 50. */
export const mappingsQuery = (id: string) =>
  queryOptions({
    queryKey: ["destination", id, "mappings"],
    queryFn: async () => {
      const params = { path: { destination_id: id }, query: { "pagination[count]": 200 } };
      const found = await data(api.GET("/destinations/{destination_id}/subscriptions", { params }));
      return found.subscriptions as Mapping[];
    },
  });

export const mappingQuery = (id: string, mappingId: string) =>
  queryOptions({
    queryKey: ["destination", id, "mappings", mappingId],
    queryFn: async () => {
      const { value, etag } = await versioned(
        api.GET("/destinations/{destination_id}/subscriptions/{subscription_id}", {
          params: { path: { destination_id: id, subscription_id: mappingId } },
        }),
      );
      return { mapping: value.subscription as Mapping, etag };
    },
    // The page holds what it was opened with; who saves learns of the others' changes.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

const at = (id: string) => ({ params: { path: { destination_id: id } } });

interface Try {
  destinationId: string;
  mapping: Mapping;
  draft: Draft;
  event: unknown;
}

/** Tries the draft on an event: the server's real way. Sends only if asked to. */
export const tried = async (what: Try, send: boolean): Promise<EventTest> => {
  const { trigger, settings } = what.draft;
  const body = {
    event: what.event as Record<string, unknown>,
    send,
    mappingId: what.mapping.id,
    draft: { actionId: what.mapping.actionSlug, trigger, settings },
  };
  const found = await data(
    api.POST("/destinations/{destination_id}/test-event", {
      ...at(what.destinationId),
      body,
    }),
  );
  return found.test;
};

export const previewQuery = (what: Try, isOn: boolean) =>
  queryOptions({
    queryKey: ["preview", what.mapping.id, what.draft.trigger, what.draft.settings, what.event],
    queryFn: () => tried(what, false),
    enabled: isOn,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    gcTime: 60_000,
    retry: false,
  });

const one = (mapping: Mapping) => ({
  path: { destination_id: mapping.destinationId, subscription_id: mapping.id },
});

export const changeMapping = async (
  mapping: Mapping,
  change: Partial<Draft> & { enabled?: boolean },
  etag?: string | null,
) => {
  const { value, etag: next } = await versioned(
    api.PATCH("/destinations/{destination_id}/subscriptions/{subscription_id}", {
      params: { ...one(mapping), header: etag ? { "if-match": etag } : {} },
      body: change,
    }),
  );
  return { mapping: value.subscription as Mapping, etag: next };
};

export const deleteMapping = (mapping: Mapping) =>
  data(
    api.DELETE("/destinations/{destination_id}/subscriptions/{subscription_id}", {
      params: one(mapping),
    }),
  );

export const createMapping = async (
  id: string,
  body: Schemas["CreateSubscription"],
): Promise<Mapping> =>
  (await data(api.POST("/destinations/{destination_id}/subscriptions", { ...at(id), body })))
    .destinationSubscription as Mapping;

export const orderMappings = (id: string, subscriptionIds: string[]) =>
  data(
    api.PUT("/destinations/{destination_id}/subscriptions", {
      ...at(id),
      body: { subscriptionIds },
    }),
  );
