/** Links to events, for whoever has one to show. */

/** What the search looks for; all of it is in the page's address. */
export interface Wanted {
  sourceId?: string | null | undefined;
  destinationId?: string | null | undefined;
  step?: string | null | undefined;
  reason?: string | null | undefined;
  eventName?: string | null | undefined;
  eventType?: string | null | undefined;
  userId?: string | null | undefined;
  from?: string | null | undefined;
  to?: string | null | undefined;
}

/** Returns where the life of an event is told. */
export const traceLink = (messageId: string): string => `/events/${encodeURIComponent(messageId)}`;

/** Returns where the entries are that are wanted. */
export function eventsLink(wanted: Wanted): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(wanted)) if (value) parameters.set(key, value);
  return `/events?${parameters}`;
}

/** Returns what an address of the search wants. */
export function wantedOf(parameters: URLSearchParams): Wanted {
  const keys = [
    "sourceId",
    "destinationId",
    "step",
    "reason",
    "eventName",
    "eventType",
    "userId",
    "from",
    "to",
  ] as const;
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = parameters.get(key);
      return value ? [[key, value]] : [];
    }),
  );
}
