/** The one query client, and the queries that more than one area asks. */

import { QueryClient, queryOptions } from "@tanstack/react-query";
import { api, data } from "./client";
import { ApiError } from "./errors";
import { onBack } from "./reach";

const PAGE = { params: { query: { "pagination[count]": 200 } } };

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // Whether the server is there is the banner's to find out, not each query's.
      networkMode: "always",
      retry: (count, error) => error instanceof ApiError && error.status >= 500 && count < 2,
    },
    mutations: { networkMode: "always", retry: false },
  },
});

// A server that was restarted may know something new about everything on the page.
onBack(() => void queryClient.invalidateQueries());

/** Every source, under `["sources"]`. */
export const sourcesQuery = queryOptions({
  queryKey: ["sources"],
  queryFn: async () => (await data(api.GET("/sources", PAGE))).sources,
});

/** Every connection, which the API calls a destination, under `["destinations"]`. */
export const destinationsQuery = queryOptions({
  queryKey: ["destinations"],
  queryFn: async () => (await data(api.GET("/destinations", PAGE))).destinations,
});

/** Every destination that can be connected, under `["catalog"]`. */
export const catalogQuery = queryOptions({
  queryKey: ["catalog"],
  queryFn: async () => (await data(api.GET("/catalog/destinations", PAGE))).destinationsCatalog,
  staleTime: Number.POSITIVE_INFINITY,
});

/** Whether everything that was accepted is accounted for, under `["balance"]`. */
export const balanceQuery = queryOptions({
  queryKey: ["balance"],
  queryFn: () => data(api.GET("/balance")),
});
