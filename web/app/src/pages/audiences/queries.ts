/** What the pages of audiences and of computed traits ask: the API has the same for both. */

import { queryOptions } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import type { components } from "../../api/schema";

type Schemas = components["schemas"];
export type Computation = Schemas["ComputationShape"];
export type Output = Schemas["OutputShape"];
export type Member = Schemas["MemberShape"];
export type Kind = Computation["kind"];
export type Subject = Schemas["DefinitionShape"]["type"];
export type Converted = Schemas["ConvertAnswer"];
export type Vocabulary = Schemas["VocabularyAnswer"];

/** The words that differ between the two. */
export const WORDS: Record<Kind, { one: string; One: string; many: string; to: string }> = {
  audience: { one: "audience", One: "Audience", many: "Audiences", to: "/audiences" },
  computed_trait: {
    one: "computed trait",
    One: "Computed trait",
    many: "Computed traits",
    to: "/traits",
  },
};

// Their answers and bodies are the same; one of the two paths is enough for the types.
const pathOf = (kind: Kind): "/audiences" =>
  (kind === "audience" ? "/audiences" : "/computed-traits") as "/audiences";
const path = <Rest extends string>(kind: Kind, rest: Rest): `/audiences${Rest}` =>
  `${pathOf(kind)}${rest}`;

const LIVE_MS = 5_000;
const BUSY_MS = 1_000;

/** Whether something is under way that somebody may be looking at. */
const isBusy = (one: Computation): boolean =>
  one.state === "computing" ||
  one.destinations.some(
    ({ enabled, inBrowser, sync }) => enabled && !inBrowser && (!sync || sync.waiting > 0),
  );

const PAGE_MAX = 200;

/** Returns all there are, page by page. */
export async function listAll(kind: Kind): Promise<Computation[]> {
  const found: Computation[] = [];
  let cursor: string | null = null;
  do {
    const query: Record<string, unknown> = { "pagination[count]": PAGE_MAX };
    if (cursor) query["pagination[cursor]"] = cursor;
    const page: Schemas["ComputationsAnswer"] = await data(
      api.GET(pathOf(kind), { params: { query } }),
    );
    found.push(...page.computations);
    cursor = page.pagination.next ?? null;
  } while (cursor);
  return found;
}

export const listQuery = (kind: Kind) =>
  queryOptions({
    queryKey: [kind, "all"],
    queryFn: () => listAll(kind),
    refetchInterval: (query) => (query.state.data?.some(isBusy) ? BUSY_MS : LIVE_MS),
  });

/** One of them. */
export const oneQuery = (kind: Kind, id: string) =>
  queryOptions({
    queryKey: [kind, id],
    queryFn: async () =>
      (await data(api.GET(path(kind, "/{id}"), { params: { path: { id } } }))).computation,
    refetchInterval: (query) => (query.state.data && isBusy(query.state.data) ? BUSY_MS : LIVE_MS),
  });

const SIZES_MS = 60_000;

/** How large each was in the last day, by id. */
export const sizesQuery = (kind: Kind) =>
  queryOptions({
    queryKey: [kind, "sizes"],
    queryFn: async () => {
      const { sizes } = await data(api.GET(path(kind, "/sizes")));
      return new Map(sizes.map((one) => [one.id, one]));
    },
    staleTime: SIZES_MS,
    refetchInterval: SIZES_MS,
  });

/** How large one was in the last thirty days. */
export const oneSizesQuery = (kind: Kind, id: string) =>
  queryOptions({
    queryKey: [kind, id, "sizes"],
    queryFn: async () =>
      (await data(api.GET(path(kind, "/{id}/sizes"), { params: { path: { id } } }))).sizes,
    staleTime: SIZES_MS,
    // The first is there some seconds after it was made.
    refetchInterval: (query) => (query.state.data?.points.length ? SIZES_MS : LIVE_MS),
  });

const LATEST = 5;

/** The latest events by which a destination was told of one, newest first. */
export const toldQuery = ({ sourceId, id }: Computation, destinationId: string) =>
  queryOptions({
    queryKey: ["source", sourceId, "told", id, destinationId],
    queryFn: async () =>
      (
        await data(
          api.GET("/sources/{source_id}/events", {
            params: {
              path: { source_id: sourceId },
              query: { destinationId, computationId: id, limit: LATEST },
            },
          }),
        )
      ).events,
    refetchInterval: 3_000,
  });

export const membersQuery = (kind: Kind, id: string, search: string, cursor: string | null) =>
  queryOptions({
    queryKey: [kind, id, "members", search, cursor],
    queryFn: () =>
      data(
        api.GET(path(kind, "/{id}/members"), {
          params: {
            path: { id },
            query: { limit: 50, ...(search ? { q: search } : {}), ...(cursor ? { cursor } : {}) },
          },
        }),
      ),
    refetchInterval: LIVE_MS,
    placeholderData: (before) => before,
  });

/** The names that events, properties and traits have had. */
export const vocabularyQuery = queryOptions({
  queryKey: ["vocabulary"],
  queryFn: () => data(api.GET("/vocabulary")),
  staleTime: 30_000,
});

export interface Definition {
  query: string;
  type: Subject;
}

/** Returns a definition both ways, or where it is wrong. */
export const convert = (
  kind: Kind,
  type: Subject,
  from: { query: string } | { builder: Record<string, unknown> },
  signal: AbortSignal,
): Promise<Converted> =>
  data(api.POST(path(kind, "/convert"), { body: { ...from, type }, signal }));

export const previewQuery = (
  kind: Kind,
  definition: Definition,
  isWithAnonymous: boolean,
  id: string | null,
) =>
  queryOptions({
    queryKey: [kind, "preview", definition, isWithAnonymous, id],
    queryFn: ({ signal }) =>
      data(
        api.POST(path(kind, "/preview"), {
          body: {
            definition,
            options: { includeAnonymousUsers: isWithAnonymous },
            ...(id ? { id } : {}),
            sample: 5,
          },
          signal,
        }),
      ),
    enabled: definition.query !== "",
    placeholderData: (before) => before,
    retry: false,
  });

export interface New {
  name: string;
  key: string;
  description: string;
  definition: Definition;
  isWithAnonymous: boolean;
}

export const create = async (kind: Kind, { isWithAnonymous, ...body }: New): Promise<Computation> =>
  (
    await data(
      api.POST(pathOf(kind), {
        body: { ...body, enabled: true, options: { includeAnonymousUsers: isWithAnonymous } },
      }),
    )
  ).computation;

export const update = async (
  kind: Kind,
  id: string,
  etag: string | null,
  body: { name?: string; description?: string; definition?: { query: string }; enabled?: boolean },
): Promise<Computation> =>
  (
    await data(
      api.PATCH(path(kind, "/{id}"), {
        params: { path: { id }, header: etag ? { "if-match": etag } : {} },
        body,
      }),
    )
  ).computation;

export const remove = (kind: Kind, id: string) =>
  data(api.DELETE(path(kind, "/{id}"), { params: { path: { id } } }));

export const recompute = (kind: Kind, id: string) =>
  data(api.POST(path(kind, "/{id}/recompute"), { params: { path: { id } } }));

/** How a destination is told. */
export interface Told {
  sends: Output["sends"];
  enteredEvent: string;
  exitedEvent: string;
  computedEvent: string;
  perSecondMax: number | null;
}

export const connectNew = (
  kind: Kind,
  id: string,
  body: Told & { metadataId: string; settings: Record<string, unknown> },
) =>
  data(
    api.POST(path(kind, "/{id}/destinations"), {
      params: { path: { id } },
      body: { ...body, enabled: true },
    }),
  );

/** Connects one that is set up, or says how it is told; with an ETag, only as that was seen. */
export const connect = async (
  kind: Kind,
  id: string,
  destinationId: string,
  body: Told,
  etag: string | null = null,
): Promise<Computation> =>
  (
    await data(
      api.PUT(path(kind, "/{id}/destinations/{destination_id}"), {
        params: {
          path: { id, destination_id: destinationId },
          header: etag ? { "if-match": etag } : {},
        },
        body,
      }),
    )
  ).computation;

export const disconnect = (kind: Kind, id: string, destinationId: string) =>
  data(
    api.DELETE(path(kind, "/{id}/destinations/{destination_id}"), {
      params: { path: { id, destination_id: destinationId } },
    }),
  );
