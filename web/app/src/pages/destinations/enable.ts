/** The switch of a destination, which moves at once, and back if the server refuses. */

import { useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { tell, tellError } from "../../parts/tell";
import type { Destination } from "./queries";

/** Returns what enables or disables a destination, and shows the outcome everywhere. */
export function useEnable(): (one: Destination, enabled: boolean) => Promise<void> {
  const client = useQueryClient();
  return async (one, enabled) => {
    const show = (is: boolean) => {
      client.setQueryData<Destination[]>(["destinations"], (all) =>
        all?.map((other) => (other.id === one.id ? { ...other, enabled: is } : other)),
      );
      client.setQueryData<{ destination: Destination; etag: string | null }>(
        ["destination", one.id],
        (all) => all && { ...all, destination: { ...all.destination, enabled: is } },
      );
    };
    show(enabled);
    try {
      await data(
        api.PATCH("/destinations/{destination_id}", {
          params: { path: { destination_id: one.id } },
          body: { enabled },
        }),
      );
      tell(enabled ? `${one.name} is enabled.` : `${one.name} is disabled.`);
    } catch (problem) {
      show(!enabled);
      tellError(problem);
    }
    await client.invalidateQueries({ queryKey: ["destination", one.id] });
    await client.invalidateQueries({ queryKey: ["destinations"] });
  };
}
