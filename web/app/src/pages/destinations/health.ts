/** How a destination is, in a few words, and in the colours of `StatusBadge`. */

import { counted } from "../../parts/plural";
import type { State } from "../../parts/status_badge";
import type { DeliveryState } from "./queries";

export interface Health {
  state: State;
  words: string;
}

/**
 * Returns the gravest that can be said of it.
 *
 * @param delivery Undefined if there is none; null while it is not known yet.
 */
export function healthOf(isEnabled: boolean, delivery: DeliveryState | null | undefined): Health {
  if (delivery?.isPaused) {
    return delivery.pause?.reason === "owner"
      ? { state: "warn", words: "Paused" }
      : { state: "bad", words: "Paused: action needed" };
  }
  if (!isEnabled) return { state: "idle", words: "Disabled" };
  if (delivery === null) return { state: "idle", words: "…" };
  if (delivery && delivery.deadLetters > 0) {
    return { state: "bad", words: counted(delivery.deadLetters, "dead letter") };
  }
  if (delivery && delivery.unfinished > 0) {
    return { state: "busy", words: `${delivery.unfinished.toLocaleString()} waiting` };
  }
  return { state: "good", words: "Enabled" };
}
