/** What the ledger says of an event, in words. */

import type { State } from "../../parts/status_badge";

/** One line in the life of an event, as the ledger's search, its tail and traces give it. */
export interface Entry {
  at: string;
  step: string;
  sourceId: string;
  destinationId?: string;
  subscriptionId?: string;
  messageId?: string;
  eventType?: string;
  eventName?: string;
  userId?: string;
  anonymousId?: string;
  reason?: string;
  what?: string;
  do?: string;
  attempt?: number;
  status?: number;
  replayId?: string;
  /** The event's place among all that were accepted; its index is left out where it is 0. */
  eventSequence?: number;
  eventIndex?: number;
}

/** How an event ended, or how far it got, over all its destinations. */
export type Outcome =
  | "received"
  | "unconnected"
  | "duplicate"
  | "filtered"
  | "in-browser"
  | "delivered"
  | "waiting"
  | "failed"
  | "discarded";

export const OUTCOMES: Record<Outcome, { label: string; state: State }> = {
  received: { label: "Received", state: "busy" },
  unconnected: { label: "No destination", state: "idle" },
  duplicate: { label: "Duplicate", state: "idle" },
  filtered: { label: "Filtered", state: "idle" },
  "in-browser": { label: "Sent by the browser", state: "good" },
  delivered: { label: "Delivered", state: "good" },
  waiting: { label: "On its way", state: "busy" },
  failed: { label: "Failed", state: "bad" },
  discarded: { label: "Discarded", state: "bad" },
};

// Of several destinations, what wants to be seen most stands for the event.
const WEIGHT: readonly Outcome[] = [
  "received",
  "unconnected",
  "duplicate",
  "filtered",
  "in-browser",
  "delivered",
  "waiting",
  "failed",
  "discarded",
];

const BY_STEP: Record<string, Outcome> = {
  received: "received",
  duplicate: "duplicate",
  filtered: "filtered",
  mapped: "waiting",
  waiting: "waiting",
  sent_again: "waiting",
  delivered: "delivered",
  rejected: "failed",
  failed: "failed",
  dead: "failed",
  needs_attention: "failed",
  discarded: "discarded",
};

/** Returns what the entry says of its own. */
export function outcomeOf(entry: Entry): Outcome {
  if (entry.reason === "no_connection") return "unconnected";
  if (entry.reason === "already_in_browser") return "in-browser";
  // A dead letter that a person threw away is not a message that was refused.
  if (entry.step === "discarded" && entry.destinationId) return "failed";
  return BY_STEP[entry.step] ?? "received";
}

/** Returns where an event stands that all this happened to, oldest first. */
export function overall(entries: readonly Entry[]): Outcome {
  // Of each way that it takes, only the last word counts.
  const lasts = new Map<string, Outcome>();
  for (const entry of entries) {
    const way = `${entry.destinationId ?? ""} ${entry.subscriptionId ?? ""}`;
    const outcome = outcomeOf(entry);
    if (outcome !== "received" || !lasts.has(way)) lasts.set(way, outcome);
  }
  return [...lasts.values()].reduce<Outcome>(
    (gravest, outcome) => (WEIGHT.indexOf(outcome) > WEIGHT.indexOf(gravest) ? outcome : gravest),
    "received",
  );
}

const REASONS: Record<string, string> = {
  integrations: "excluded by its integrations object",
  filter: "dropped by a filter",
  trigger: "no mapping's trigger matches",
  already_in_browser: "already sent by the browser",
  duplicate: "it came before",
};

/** Returns one line about the entry: what happened, and with which destination. */
export function words(entry: Entry, names: Readonly<Record<string, string>>): string {
  const name = entry.destinationId ? (names[entry.destinationId] ?? entry.destinationId) : "";
  switch (entry.step) {
    case "received":
      return "Accepted and stored";
    case "duplicate":
      return name
        ? `${name}: a duplicate, left out`
        : "Duplicate: this messageId was received before";
    case "filtered": {
      if (entry.reason === "no_connection") return "No destination is connected to this source";
      const reason = REASONS[entry.reason ?? ""] ?? entry.what ?? entry.reason ?? "filtered";
      return name ? `${name}: not sent, ${lowered(reason)}` : `Not sent on: ${lowered(reason)}`;
    }
    case "mapped":
      return `${name}: mapped, on its way`;
    case "delivered":
      return `${name}: delivered${entry.status ? ` (${entry.status})` : ""}`;
    case "waiting":
      return `${name}: attempt ${entry.attempt ?? 1} failed, will be retried`;
    case "sent_again":
      return `${name}: sent again by hand`;
    case "needs_attention":
      return `${name}: waiting, action needed`;
    case "discarded":
      return name ? `${name}: the dead letter was discarded` : "Discarded";
    default:
      return `${name}: failed`;
  }
}

const lowered = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** Returns what the event is called: a track's name, or its type and what it is of. */
export function titleOf(of: { eventType?: string; eventName?: string }): string {
  if (of.eventName) return of.eventName;
  return of.eventType || "Unreadable message";
}
