/** Sending dead letters again, many at a time, so that one sees how far it is and can stop. */

import { api, data } from "../../api/client";
import { ApiError } from "../../api/errors";

export interface Progress {
  done: number;
  total: number;
  isStopping?: boolean;
}

const AT_ONCE = 100;

/** Sends these again, one after the other: each person's in the order in which they died. */
export async function sendThese(
  destinationId: string,
  ids: readonly string[],
  onProgress: (progress: Progress) => boolean,
): Promise<number> {
  let done = 0;
  for (const id of ids) {
    try {
      await data(
        api.POST("/destinations/{destination_id}/dead-letters/{letter_id}/retry", {
          params: { path: { destination_id: destinationId, letter_id: id } },
        }),
      );
      done += 1;
    } catch (error) {
      // Somebody else was quicker.
      if (!(error instanceof ApiError && error.isMissing)) throw error;
    }
    if (!onProgress({ done, total: ids.length })) break;
  }
  return done;
}

/**
 * Sends all again that there are now; those that die meanwhile stay.
 *
 * @param onProgress Returns whether to go on.
 */
export async function sendAll(
  destinationId: string,
  total: number,
  onProgress: (progress: Progress) => boolean,
): Promise<number> {
  let done = 0;
  while (done < total) {
    const { handled } = await data(
      api.POST("/destinations/{destination_id}/dead-letters/retry", {
        params: { path: { destination_id: destinationId } },
        body: { countMax: Math.min(AT_ONCE, total - done) },
      }),
    );
    done += handled.count;
    if (handled.count === 0 || !onProgress({ done, total })) break;
  }
  return done;
}
