/** Changes that show at once, such as of a switch, and are sent in the order of the presses. */

import { hashKey, type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { tellError } from "./tell";

interface Options<Wish> {
  /** What is shown of it; asked again once everything is sent. */
  queryKeys: readonly QueryKey[];
  send: (wish: Wish) => Promise<unknown>;
  /** Shows it as if it were done already; returns how it is as before again. */
  show: (wish: Wish) => () => void;
  onDone?: (wish: Wish) => void;
}

/** Returns what to call with what is wished; if the server refuses, it is as before again. */
export function useInOrder<Wish>({
  queryKeys,
  send,
  show,
  onDone,
}: Options<Wish>): (wish: Wish) => void {
  const client = useQueryClient();
  const mutationKey = [hashKey(queryKeys)];
  const { mutate } = useMutation({
    mutationKey,
    // Two requests on their way at once could arrive the other way round.
    scope: { id: hashKey(queryKeys) },
    mutationFn: send,
    onMutate: show,
    onSuccess: (_, wish) => onDone?.(wish),
    onError: (problem, _, undo) => {
      undo?.();
      tellError(problem);
    },
    onSettled: async () => {
      // What the server has is not yet what was wished last.
      if (client.isMutating({ mutationKey }) > 1) return;
      await Promise.all(queryKeys.map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  return mutate;
}
