/** What the debugger holds: the latest events of a source, each with what became of it. */

import { type Entry, OUTCOMES, type Outcome, overall } from "./entries";

/** One event; another object as soon as something new is known of it. */
export interface Row {
  /** Counts up with each event that is added. */
  key: number;
  /** Where it stands: its event's place among all that were accepted. */
  place: Place;
  messageId: string;
  at: string;
  eventType: string;
  eventName: string;
  userId: string;
  anonymousId: string;
  outcome: Outcome;
  entries: readonly Entry[];
}

type Place = readonly [sequence: number, index: number];

export interface Filter {
  text: string;
  eventType: string;
  outcome: string;
}

export const ROWS_MAX = 10_000;
// Room is made for many at once: to move ten thousand for each that comes is slow.
const SLACK = 1_000;
const ENTRIES_PER_ROW_MAX = 200;

/** Holds the last so many events; the oldest make room. */
export class DebuggerRows {
  /** Oldest first, keys without a gap. */
  private rows: Row[] = [];
  private rowKeysByMessageId = new Map<string, number>();
  private nextKey = 0;
  private newest: Place = [0, 0];

  constructor(private readonly max = ROWS_MAX) {}

  /** How many events were ever added. */
  get total(): number {
    return this.nextKey;
  }

  add(entries: readonly Entry[]): void {
    for (const entry of entries) this.addOne(entry);
    if (this.rows.length > this.max + Math.min(SLACK, this.max)) this.makeRoom();
  }

  /**
   * Returns them newest first, as they were accepted: in a flood the first that is heard of an event
   * may be what became of it, after events that came later.
   */
  newestFirst(): Row[] {
    return this.rows
      .slice(-this.max)
      .reverse()
      .sort((a, b) => b.place[0] - a.place[0] || b.place[1] - a.place[1] || b.key - a.key);
  }

  /**
   * Returns the messageIds of the newest that have been on their way for long: what became of them
   * may have come too fast to be told.
   */
  stuckSince(beforeMs: number, isAsked: ReadonlySet<string>, max: number): string[] {
    const found: string[] = [];
    for (let index = this.rows.length - 1; index >= 0 && found.length < max; index -= 1) {
      const row = this.rows[index] as Row;
      if (OUTCOMES[row.outcome].state !== "busy" || !row.messageId) continue;
      const lastMs = Math.max(...row.entries.map((entry) => Date.parse(entry.at)));
      if (lastMs < beforeMs && !isAsked.has(row.messageId)) found.push(row.messageId);
    }
    return found;
  }

  clear(): void {
    this.rows = [];
    this.rowKeysByMessageId.clear();
  }

  private addOne(entry: Entry): void {
    const messageId = entry.messageId ?? "";
    const key = messageId ? this.rowKeysByMessageId.get(messageId) : undefined;
    const index = key === undefined ? -1 : key - (this.rows[0]?.key ?? 0);
    const known = this.rows[index];
    if (known) {
      if (!isKnown(known.entries, entry)) this.rows[index] = withEntry(known, entry);
      return;
    }
    const row: Row = {
      key: this.nextKey++,
      place: this.placeOf(entry),
      messageId,
      at: entry.at,
      eventType: entry.eventType ?? "",
      eventName: entry.eventName ?? "",
      userId: entry.userId ?? "",
      anonymousId: entry.anonymousId ?? "",
      outcome: overall([entry]),
      entries: [entry],
    };
    this.rows.push(row);
    if (messageId) this.rowKeysByMessageId.set(messageId, row.key);
  }

  /** What was refused has no place of its own: it comes after what came before it. */
  private placeOf(entry: Entry): Place {
    if (entry.eventSequence === undefined) return this.newest;
    const place: Place = [entry.eventSequence, entry.eventIndex ?? 0];
    const isNewest =
      place[0] > this.newest[0] || (place[0] === this.newest[0] && place[1] > this.newest[1]);
    if (isNewest) this.newest = place;
    return place;
  }

  private makeRoom(): void {
    const gone = this.rows.splice(0, this.rows.length - this.max);
    for (const row of gone) {
      if (this.rowKeysByMessageId.get(row.messageId) === row.key) {
        this.rowKeysByMessageId.delete(row.messageId);
      }
    }
  }
}

/** Returns the rows that the person wants to see. */
export function filtered(rows: readonly Row[], filter: Filter): readonly Row[] {
  const text = filter.text.trim().toLowerCase();
  if (!text && !filter.eventType && !filter.outcome) return rows;
  return rows.filter(
    (row) =>
      (!filter.eventType || row.eventType === filter.eventType) &&
      (!filter.outcome || row.outcome === filter.outcome) &&
      (!text ||
        [row.eventName, row.userId, row.anonymousId, row.messageId].some((value) =>
          value.toLowerCase().includes(text),
        )),
  );
}

/** After a break the list is asked for again, and most of it is there already. */
function isKnown(entries: readonly Entry[], entry: Entry): boolean {
  return entries.some(
    (one) =>
      one.at === entry.at &&
      one.step === entry.step &&
      one.destinationId === entry.destinationId &&
      one.subscriptionId === entry.subscriptionId &&
      one.attempt === entry.attempt,
  );
}

function withEntry(row: Row, entry: Entry): Row {
  // The ledger reads events and outcomes beside one another: what became of it can come first.
  const entries = [...row.entries, entry]
    .sort((a, b) => rank(a) - rank(b) || a.at.localeCompare(b.at))
    .slice(-ENTRIES_PER_ROW_MAX);
  const isEvent = entry.step === "received";
  return {
    ...row,
    at: isEvent ? entry.at : row.at,
    eventType: row.eventType || entry.eventType || "",
    eventName: row.eventName || entry.eventName || "",
    userId: row.userId || entry.userId || "",
    anonymousId: row.anonymousId || entry.anonymousId || "",
    outcome: overall(entries),
    entries,
  };
}

const rank = (entry: Entry) => (entry.step === "received" ? 0 : 1);
