/** The life of an event: what the ledger says of it, put into the order in which one reads it. */

import type { State } from "../../parts/status_badge";

/** A line of the ledger; most are about one destination. */
export interface Entry {
  at: string;
  step: string;
  sourceId: string;
  messageId: string;
  destinationId?: string;
  subscriptionId?: string;
  eventType?: string;
  eventName?: string;
  userId?: string;
  anonymousId?: string;
  outcomeId?: string;
  reason?: string;
  what?: string;
  do?: string;
  attempt?: number;
  status?: number;
  durationSeconds?: number;
  nextAttemptAt?: string;
  replayId?: string;
  request?: string;
  answer?: string;
  payload?: string;
  workspaceVersion?: number;
}

export interface Life {
  sourceId: string;
  receivedAt: string | null;
  states: { destinationId: string; subscriptionId: string | null; state: string }[];
  timeline: Entry[];
}

export interface Trace {
  messageId: string;
  events: Life[];
  names: Record<string, string>;
}

/** What became of the event with one destination. */
export interface Way {
  destinationId: string;
  /** In its own order; replays follow what happened first. */
  entries: Entry[];
  state: State;
  word: string;
}

const ENDS: Record<string, { state: State; word: string }> = {
  delivered: { state: "good", word: "Delivered" },
  dead: { state: "bad", word: "Failed" },
  failed: { state: "bad", word: "Failed" },
  rejected: { state: "bad", word: "Rejected" },
  discarded: { state: "idle", word: "Discarded" },
  duplicate: { state: "idle", word: "Duplicate" },
  filtered: { state: "idle", word: "Filtered" },
  waiting: { state: "warn", word: "Waiting" },
  needs_attention: { state: "bad", word: "Waiting: action needed" },
  mapped: { state: "busy", word: "On its way" },
  sent_again: { state: "busy", word: "On its way" },
  received: { state: "good", word: "Received" },
};

/** Returns how a step of the ledger is called, and what it means. */
export function stepInWords(step: string): { state: State; word: string } {
  return ENDS[step] ?? { state: "idle", word: step.replaceAll("_", " ") };
}

/** Returns every entry of a trace. */
export const entriesOf = (trace: Trace | undefined): Entry[] =>
  trace?.events.flatMap((life) => life.timeline) ?? [];

/** Returns what happened before any destination: received, refused, a duplicate, nowhere to go. */
export const atTheDoor = (life: Life): Entry[] =>
  life.timeline.filter((entry) => !entry.destinationId);

const deliveryOf = (entry: Entry) => `${entry.subscriptionId ?? ""} ${entry.replayId ?? ""}`;

/** Whether a request was made, or tried; what is given up before that has no duration. */
export const isAttempt = (entry: Entry): boolean => (entry.durationSeconds ?? null) !== null;

/**
 * Returns the entries with each delivery's attempts counted from 1.
 *
 * The server numbers a dead letter that is sent again beyond all that it had, even if that was no
 * attempt at all.
 */
export function numbered(entries: readonly Entry[]): Entry[] {
  const known = new Map<string, number[]>();
  for (const entry of entries.filter(isAttempt)) {
    const numbers = known.get(deliveryOf(entry)) ?? [];
    if (entry.attempt && !numbers.includes(entry.attempt)) numbers.push(entry.attempt);
    known.set(
      deliveryOf(entry),
      numbers.sort((a, b) => a - b),
    );
  }
  return entries.map((entry) => {
    const at = known.get(deliveryOf(entry))?.indexOf(entry.attempt ?? 0) ?? -1;
    return isAttempt(entry) && at >= 0 ? { ...entry, attempt: at + 1 } : entry;
  });
}

/** Returns each destination's part, the gravest first. */
export function waysOf(life: Life): Way[] {
  const byDestination = new Map<string, Entry[]>();
  for (const entry of life.timeline) {
    if (!entry.destinationId) continue;
    const entries = byDestination.get(entry.destinationId) ?? [];
    entries.push(entry);
    byDestination.set(entry.destinationId, entries);
  }
  const ways = [...byDestination].map(([destinationId, entries]) => ({
    destinationId,
    entries: numbered([
      ...entries.filter((entry) => !entry.replayId),
      ...entries.filter((entry) => entry.replayId),
    ]),
    ...gravest(entries),
  }));
  return ways.sort((a, b) => GRAVITY.indexOf(a.state) - GRAVITY.indexOf(b.state));
}

const GRAVITY: readonly State[] = ["bad", "warn", "busy", "good", "idle"];

/** Returns the state of the delivery that wants most to be seen: a mapping each has one. */
function gravest(entries: readonly Entry[]): { state: State; word: string } {
  const lastByDelivery = new Map<string, Entry>();
  for (const entry of entries) {
    const key = deliveryOf(entry);
    const before = lastByDelivery.get(key);
    // The word that a delivery was made can come late.
    if (!(before && entry.step === "mapped")) lastByDelivery.set(key, entry);
  }
  const ends = [...lastByDelivery.values()].map((entry) => stepInWords(entry.step));
  ends.sort((a, b) => GRAVITY.indexOf(a.state) - GRAVITY.indexOf(b.state));
  return ends[0] ?? stepInWords("mapped");
}

/** Returns whether something is still to come, so that one looks again. */
export const isUnderWay = (trace: Trace): boolean =>
  trace.events.some((life) =>
    life.timeline.length === 1
      ? life.timeline[0]?.step === "received"
      : waysOf(life).some((way) => way.state === "busy" || way.word.startsWith("Waiting")),
  );
