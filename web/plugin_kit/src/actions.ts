/** Makes the plugins of a destination whose work is described by mappings. */

import { type AnalyticsEvent, CALLS, type Plugin, type Served } from "./analytics.js";
import { whenCalled } from "./calls.js";
import { matches, parse } from "./fql.js";
import { compileMapping } from "./mapping.js";
import { connection, plugin, sentence, type Tools } from "./plugin.js";
import type { Values } from "./values.js";

/** A mapping as the settings carry it, in the words of Segment's own plugins. */
export interface Subscription {
  id?: string;
  name?: string;
  enabled: boolean;
  partnerAction: string;
  subscribe: string;
  mapping: Values;
}

/** The ids that Analytics.js held when the event's call was made. */
export interface Ids {
  userId: string | null;
  groupId: string | null;
}

/** Gives the vendor one payload. */
export type Perform<Client> = (client: Client, payload: Values, ids: Ids) => unknown;

export interface ActionsDestination<Settings, Client> {
  /** As in the definition. */
  name: string;
  /** Loads the vendor's script and makes it ready. */
  initialize(settings: Settings, tools: Tools): Promise<Client>;
  /** By slug, in the order of the definition. */
  actions: Record<string, Perform<Client>>;
}

export type ActionsSettings<Settings> = Settings & {
  subscriptions?: Subscription[];
  crossdock: Served;
};

/** Calls that may wait for the vendor's script; a page that makes more has lost its vendor. */
const WAITING_MAX = 1000;

/** Returns the event with its time as text, as the server's mappings see it. */
function asSent(event: AnalyticsEvent): AnalyticsEvent {
  const { timestamp } = event;
  return timestamp instanceof Date ? { ...event, timestamp: timestamp.toISOString() } : event;
}

/**
 * Makes the factory that Analytics.js calls with a connection's settings.
 *
 * It returns one plugin for each action that has an enabled mapping, so that the options of a call
 * can name one (`{"Vendor track": false}`). Each mapping stands alone: one that cannot be used is
 * reported, and the others go on.
 */
export function actionsPlugin<Settings, Client>(
  destination: ActionsDestination<Settings, Client>,
): (settings: ActionsSettings<Settings>) => Plugin[] {
  return (settings) => {
    const { crossdock: served, subscriptions = [] } = settings;
    let ready: (client: Client) => void;
    let waiting = 0;
    const client = new Promise<Client>((resolve) => {
      ready = resolve;
    });
    let idsOf: (event: AnalyticsEvent) => Ids;
    const running = connection(destination.name, served, async (tools) => {
      const { analytics } = tools;
      idsOf = whenCalled(analytics, ({ userId }) => ({
        userId: userId ?? null,
        groupId: analytics.group().id() ?? null,
      }));
      try {
        ready(await destination.initialize(settings, tools));
      } catch (error) {
        waiting = WAITING_MAX;
        throw error;
      }
    });

    const perform = async (action: Perform<Client>, payload: Values, ids: Ids): Promise<void> => {
      if (waiting >= WAITING_MAX) return;
      waiting += 1;
      const vendor = await client;
      waiting -= 1;
      await action(vendor, payload, ids);
    };

    const taker = (action: Perform<Client>, subscription: Subscription) => {
      const fails = (error: unknown): void =>
        running.report(
          "mapping_failed",
          `The mapping "${subscription.name ?? subscription.partnerAction}" was not used: ${sentence(error)}`,
        );
      try {
        const condition = parse(subscription.subscribe);
        const payloadOf = compileMapping(subscription.mapping);
        return (event: AnalyticsEvent): void => {
          try {
            if (!matches(condition, event)) return;
            perform(action, payloadOf(event) as Values, idsOf(event)).catch(fails);
          } catch (error) {
            fails(error);
          }
        };
      } catch (error) {
        fails(error);
        return () => {};
      }
    };

    return Object.entries(destination.actions).flatMap(([slug, action]) => {
      const takers = subscriptions
        .filter((subscription) => subscription.enabled && subscription.partnerAction === slug)
        .map((subscription) => taker(action, subscription));
      if (!takers.length) return [];
      return plugin(`${destination.name} ${slug}`, running, CALLS, (event) => {
        const sent = asSent(event);
        for (const take of takers) take(sent);
      });
    });
  };
}
