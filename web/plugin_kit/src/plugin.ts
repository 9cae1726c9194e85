/** What plugins of both kinds share: they never hold an event up and never throw into the page. */

import {
  type Analytics,
  type AnalyticsEvent,
  CALLS,
  type CallName,
  type Plugin,
  type Served,
} from "./analytics.js";
import { type Report, reporter } from "./notices.js";
import { loadScript } from "./script.js";

/** Of this repository; Analytics.js shows it in its logs. */
const VERSION = "1.0.0";

/** What a destination is given to get going. */
export interface Tools {
  analytics: Analytics;
  report: Report;
  loadScript: typeof loadScript;
}

/** One connection on this page. */
export interface Running {
  report: Report;
  /** Starts it, once, however many plugins ask. */
  start(analytics: Analytics): void;
  isStarted(): boolean;
}

export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Makes one connection: started once, by whichever of its plugins is loaded first. From then on each
 * event says that the page has it, and the server leaves those events to the page.
 *
 * A start that fails is reported, and its name is put where Analytics.js keeps the names of plugins
 * that did not load, so that the server delivers in their place. It is not a rejection of `load`:
 * that would end as an unhandled rejection in the page.
 */
export function connection(
  name: string,
  served: Served,
  begin: (tools: Tools) => void | Promise<void>,
): Running {
  const report = reporter(name, served);
  let isStarted = false;
  const start = async (analytics: Analytics): Promise<void> => {
    if (isStarted) return;
    isStarted = true;
    const listed = analytics.settings?.cdnSettings?.integrations?.[name];
    if (listed) listed.bundlingStatus = "bundled";
    try {
      await begin({ analytics, report, loadScript });
    } catch (error) {
      analytics.queue?.failedInitializations?.push(name);
      console.error(`[${name}]`, error);
      report("script_failed", sentence(error));
    }
  };
  return { start, report, isStarted: () => isStarted };
}

/** Makes a plugin that hands each event to `take`; what `take` throws is reported, not thrown. */
export function plugin(
  name: string,
  running: Running,
  calls: readonly CallName[],
  take: (event: AnalyticsEvent, call: CallName) => void,
): Plugin {
  const made: Plugin = {
    name,
    version: VERSION,
    type: "destination",
    isLoaded: running.isStarted,
    // Settled at once: while this is pending, Analytics.js neither calls back nor gets ready.
    load: async (_, analytics) => {
      running.start(analytics);
    },
  };
  for (const call of calls) {
    made[call] = (context) => {
      try {
        take(context.event, call);
      } catch (error) {
        running.report("call_failed", `${call}: ${sentence(error)}`);
      }
      return context;
    };
  }
  return made;
}

export { CALLS };
