/** The parts of Analytics.js that a plugin meets. */

import type { Values } from "./values.js";

/** A Segment message as Analytics.js hands it to a plugin. */
export interface AnalyticsEvent extends Values {
  type: string;
  messageId?: string;
  event?: string;
  userId?: string | null;
  anonymousId?: string | null;
  groupId?: string | null;
  traits?: Values;
  properties?: Values;
  integrations?: Values;
}

export interface Context {
  event: AnalyticsEvent;
}

interface Identity {
  id(): string | null | undefined;
  traits?(): Values | undefined;
}

export interface Analytics {
  user(): Identity;
  group(): Identity;
  /** Tells of a call when it is made (`dispatch_start`), and of a reset (`reset`), at once. */
  on(event: "dispatch_start", callback: (context: Context) => void): unknown;
  on(event: "reset", callback: () => void): unknown;
  /** Names in here tell the server which plugins did not get going, in `_metadata` of each event. */
  queue?: { failedInitializations?: string[] };
  /** What says "bundled" in here is in `_metadata.bundled` of each event. */
  settings?: { cdnSettings?: { integrations?: Record<string, { bundlingStatus?: string }> } };
}

export const CALLS = ["track", "identify", "page", "screen", "group", "alias"] as const;
export type CallName = (typeof CALLS)[number];

type Call = (context: Context) => Context;

export type Plugin = {
  name: string;
  version: string;
  type: "destination";
  isLoaded(): boolean;
  load(context: unknown, analytics: Analytics): Promise<void>;
} & { [name in CallName]?: Call };

/** What the server adds to a plugin's settings. */
export interface Served {
  /** The connection's id. */
  connectionId: string;
  /** Where problems are reported. */
  reportUrl: string;
  /** Where it is said in which audiences the page's visitor is, if the owner has switched that on. */
  valuesUrl?: string;
}
