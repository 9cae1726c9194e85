/** What the pages of destinations ask. */

import { queryOptions } from "@tanstack/react-query";
import { api, data, versioned } from "../../api/client";
import type { components } from "../../api/schema";

type Schemas = components["schemas"];
export type Destination = Schemas["DestinationShape"];
export type DeliveryState = Omit<Schemas["StateOfOne"], "destinationId">;
export type Filter = Schemas["FilterShape"];

const REFRESH_MS = 5_000;
const PICKUP_MS = 1_500;

const of = (id: string) => ({ params: { path: { destination_id: id } } });

/** A destination with the ETag that a change names, under `["destination", id]`. */
export const destinationQuery = (id: string) =>
  queryOptions({
    queryKey: ["destination", id],
    queryFn: async () => {
      const { value, etag } = await versioned(api.GET("/destinations/{destination_id}", of(id)));
      return { destination: value.destination, etag };
    },
  });

/** How sending to every destination stands. */
export const statesQuery = queryOptions({
  queryKey: ["destination-states"],
  queryFn: async () => {
    const { states } = await data(api.GET("/destination-states"));
    return new Map<string, DeliveryState>(states.map((one) => [one.destinationId, one]));
  },
  refetchInterval: REFRESH_MS,
});

/** Whether a browser has got the destination as it is. */
export const pickupQuery = (id: string) =>
  queryOptions({
    queryKey: ["destination", id, "pickup"],
    queryFn: async () =>
      (await data(api.GET("/destinations/{destination_id}/pickup", of(id)))).pickup,
    // Somebody waits for it; afterwards nothing changes until they change something.
    refetchInterval: (query) => (query.state.data?.pickedUpAt ? REFRESH_MS : PICKUP_MS),
  });

/** What went wrong with it in browsers. */
export const noticesQuery = (id: string) =>
  queryOptions({
    queryKey: ["destination", id, "notices"],
    queryFn: async () =>
      (await data(api.GET("/destinations/{destination_id}/notices", of(id)))).notices,
    refetchInterval: REFRESH_MS,
  });

export const filtersQuery = (id: string) =>
  queryOptions({
    queryKey: ["destination", id, "filters"],
    queryFn: async () =>
      (
        await data(
          api.GET("/destination/{destination_id}/filters", {
            params: { path: { destination_id: id }, query: { "pagination[count]": 200 } },
          }),
        )
      ).filters,
  });

/** A filter with its ETag. */
export const filterQuery = (id: string, filterId: string) =>
  queryOptions({
    queryKey: ["destination", id, "filters", filterId],
    queryFn: async () => {
      const { value, etag } = await versioned(
        api.GET("/destination/{destination_id}/filters/{filter_id}", {
          params: { path: { destination_id: id, filter_id: filterId } },
        }),
      );
      return { filter: value.filter, etag };
    },
  });
