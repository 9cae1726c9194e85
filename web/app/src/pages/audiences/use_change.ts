import { useQueryClient } from "@tanstack/react-query";
import type { Kind } from "./queries";

/** Returns what is called after one was changed: everything shown of it is asked again. */
export function useChanged(kind: Kind): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    // A destination may have been set up with it.
    void client.invalidateQueries({ queryKey: ["destinations"] });
    await client.invalidateQueries({ queryKey: [kind] });
  };
}
