/** What the pages of profiles ask. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import type { components } from "../../api/schema";

type Schemas = components["schemas"];
export type Profile = Schemas["WholeProfileShape"];
export type Short = Schemas["ProfileShape"];
export type Done = Schemas["DoneShape"];
export type Membership = Schemas["MembershipShape"];
export type Trait = Schemas["TraitShape"];

const LIVE_MS = 5_000;

export const profilesQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: ["profiles", search],
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/profiles", {
          params: {
            query: {
              limit: 50,
              ...(search ? { q: search } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    placeholderData: (before) => before,
  });

const at = (reference: string) => ({ params: { path: { reference } } });

/** Somebody, by their number or as `user_id:…`. */
export const profileQuery = (reference: string) =>
  queryOptions({
    queryKey: ["profile", reference],
    queryFn: async () => (await data(api.GET("/profiles/{reference}", at(reference)))).profile,
    refetchInterval: LIVE_MS,
  });

export const membershipsQuery = (reference: string) =>
  queryOptions({
    queryKey: ["profile", reference, "memberships"],
    queryFn: async () =>
      (await data(api.GET("/profiles/{reference}/memberships", at(reference)))).memberships,
    refetchInterval: LIVE_MS,
  });

export const doneQuery = (reference: string) =>
  infiniteQueryOptions({
    queryKey: ["profile", reference, "events"],
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/profiles/{reference}/events", {
          params: {
            path: { reference },
            query: { limit: 30, ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    refetchInterval: LIVE_MS,
  });
