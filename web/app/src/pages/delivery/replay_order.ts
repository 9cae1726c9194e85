/** What a replay's form asks for. */

export interface Order {
  destinationId: string;
  /** As the browser's field has them: local, without a zone. */
  from: string;
  to: string;
  filter: string;
  ratePerSecond: number | string;
}

const MINUTE_MS = 60_000;

/** Returns a moment as a field of the browser has it, in local time. */
export function asField(ms: number): string {
  const offsetMs = new Date(ms).getTimezoneOffset() * MINUTE_MS;
  return new Date(ms - offsetMs).toISOString().slice(0, 16);
}

/** Returns the moment of a field in UTC; empty if there is none. */
export function fromField(text: string): string {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? "" : new Date(ms).toISOString();
}

/** Returns what is missing or cannot be, by field. */
export function problemsOf(order: Order): Partial<Record<keyof Order, string>> {
  const found: Partial<Record<keyof Order, string>> = {};
  if (!order.destinationId) found.destinationId = "Choose a destination.";
  if (!fromField(order.from)) found.from = "Choose when it begins.";
  if (!fromField(order.to)) found.to = "Choose when it ends.";
  if (!found.from && !found.to && Date.parse(order.from) >= Date.parse(order.to)) {
    found.to = "It ends before it begins.";
  }
  if (!(Number(order.ratePerSecond) > 0)) found.ratePerSecond = "More than 0.";
  return found;
}
