/** Makes the plugin of a destination that knows itself what to do with each call. */

import type { AnalyticsEvent, CallName, Plugin, Served } from "./analytics.js";
import { connection, plugin, type Tools } from "./plugin.js";

/** What a classic destination does with the calls it knows. */
export type Calls = { [name in CallName]?: (event: AnalyticsEvent) => void };

export interface ClassicDestination<Settings> {
  /** As in the definition. */
  name: string;
  /** Gets the vendor's script under way. It must not wait for it before it can take calls. */
  start(settings: Settings, tools: Tools): void | Promise<void>;
  calls: (settings: Settings) => Calls;
}

/** Makes the factory that Analytics.js calls with a connection's settings. */
export function classicPlugin<Settings>(
  destination: ClassicDestination<Settings>,
): (settings: Settings & { crossdock: Served }) => Plugin {
  return (settings) => {
    const running = connection(settings.crossdock, (tools) => destination.start(settings, tools));
    const calls = destination.calls(settings);
    return plugin(destination.name, running, Object.keys(calls) as CallName[], (event, call) =>
      calls[call]?.(event),
    );
  };
}
