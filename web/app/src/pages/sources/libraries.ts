/** Which libraries send, found in the latest events. */

export interface Library {
  name: string;
  version: string;
  count: number;
  lastAt: string;
  /** The classic Analytics.js: it cannot load the plugins of destinations in device mode. */
  isOld: boolean;
}

interface Sent {
  receivedAt: string;
  event: Readonly<Record<string, unknown>>;
}

/** Returns each library and version, the one that sent most first; events newest first. */
export function librariesOf(events: readonly Sent[]): Library[] {
  const found = new Map<string, Library>();
  for (const { receivedAt, event } of events) {
    const context = event.context as { library?: unknown } | null | undefined;
    const library = context?.library as { name?: unknown; version?: unknown } | null | undefined;
    const name = typeof library?.name === "string" ? library.name : "No library named";
    const version = typeof library?.version === "string" ? library.version : "";
    const key = `${name} ${version}`;
    const known = found.get(key);
    if (known) known.count += 1;
    else {
      // Analytics.js 2.0 calls its versions next-…, the classic one 4.1.0.
      const isOld = name === "analytics.js" && /^\d/.test(version);
      found.set(key, { name, version, count: 1, lastAt: receivedAt, isOld });
    }
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}
