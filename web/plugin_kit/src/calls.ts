/** Knows what held when a call was made: Analytics.js hands its event to a plugin only later. */

import type { Analytics, AnalyticsEvent } from "./analytics.js";

/** More calls than ever wait in a page; beyond it the oldest was filtered out, or is long done. */
const CALLS_MAX = 1000;

/**
 * Returns a function that gives what `look` returned when the event's call was made.
 *
 * For an event whose call was not seen, such as one that an earlier page left in the queue, it is
 * what `look` returns now.
 */
export function whenCalled<Seen>(
  analytics: Analytics,
  look: (event: AnalyticsEvent) => Seen,
): (event: AnalyticsEvent) => Seen {
  const seen = new Map<unknown, Seen>();
  analytics.on("dispatch_start", ({ event }) => {
    seen.set(event.messageId, look(event));
    if (seen.size > CALLS_MAX) seen.delete(seen.keys().next().value);
  });
  return (event) => seen.get(event.messageId) ?? look(event);
}
