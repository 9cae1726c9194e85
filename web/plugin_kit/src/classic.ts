/** Makes the plugin of a destination that knows itself what to do with each call. */

import type { AnalyticsEvent, CallName, Plugin, Served } from "./analytics.js";
import { connection, plugin, type Tools } from "./plugin.js";

/** What a classic destination does with the calls it knows. */
export type Calls = { [name in CallName]?: (event: AnalyticsEvent) => void };

export interface ClassicDestination<Settings> {
  /** As in the definition. */
  name: string;
  /** Gets the vendor's script under way. It must not wait for it before it can take calls. */
  start(settings: Settings & { crossdock: Served }, tools: Tools): void | Promise<void>;
  calls: Calls;
}

/** Makes the factory that Analytics.js calls with a connection's settings. */
export function classicPlugin<Settings>({
  name,
  start,
  calls,
}: ClassicDestination<Settings>): (settings: Settings & { crossdock: Served }) => Plugin {
  return (settings) => {
    const running = connection(name, settings.crossdock, (tools) => start(settings, tools));
    return plugin(name, running, Object.keys(calls) as CallName[], (event, call) =>
      calls[call]?.(event),
    );
  };
}
