/**
 * What a browser plugin is made of.
 *
 * A destination's `browser.ts` exports as its default what `actionsPlugin` or `classicPlugin`
 * returns; the build wraps it for Analytics.js.
 */

export {
  type ActionsDestination,
  actionsPlugin,
  type Ids,
  type Perform,
  type Subscription,
} from "./actions.js";
export type { Analytics, AnalyticsEvent, Context, Plugin, Served } from "./analytics.js";
export { whenCalled } from "./calls.js";
export { type Calls, type ClassicDestination, classicPlugin } from "./classic.js";
export { FqlError, matches, parse, type Tree } from "./fql.js";
export { compileMapping, MappingError, transform } from "./mapping.js";
export type { Report } from "./notices.js";
export type { Tools } from "./plugin.js";
export type { Values } from "./values.js";
