/** The switch of a destination, which moves at once, and back if the server refuses. */

import { useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { useInOrder } from "../../parts/in_order";
import { tell } from "../../parts/tell";
import type { Destination } from "./queries";

/** Returns what enables or disables a destination, and shows the outcome everywhere. */
export function useEnable(): (one: Destination, enabled: boolean) => void {
  const client = useQueryClient();
  const wish = useInOrder<{ one: Destination; enabled: boolean }>({
    queryKeys: [["destination"], ["destinations"]],
    send: ({ one, enabled }) =>
      data(
        api.PATCH("/destinations/{destination_id}", {
          params: { path: { destination_id: one.id } },
          body: { enabled },
        }),
      ),
    show: ({ one, enabled }) => {
      const set = (is: boolean) => {
        client.setQueryData<Destination[]>(["destinations"], (all) =>
          all?.map((other) => (other.id === one.id ? { ...other, enabled: is } : other)),
        );
        client.setQueryData<{ destination: Destination; etag: string | null }>(
          ["destination", one.id],
          (all) => all && { ...all, destination: { ...all.destination, enabled: is } },
        );
      };
      set(enabled);
      return () => set(!enabled);
    },
    onDone: ({ one, enabled }) => tell(`${one.name} is ${enabled ? "enabled" : "disabled"}.`),
  });
  return (one, enabled) => wish({ one, enabled });
}
