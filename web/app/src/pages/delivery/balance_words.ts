/** The balance, as sentences. */

import type { Account } from "./queries";

const number = (count: number) => count.toLocaleString();
const events = (count: number) => (count === 1 ? "1 event" : `${number(count)} events`);

function listed(parts: readonly string[]): string {
  if (parts.length < 2) return parts[0] ?? "";
  return `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`;
}

/** Returns where everything is that a source, or one destination of it, has taken. */
export function balanceInWords(account: Account): string {
  if (account.accepted === 0) return "Nothing received yet.";
  const places: [number, string][] = [
    [account.delivered, "delivered"],
    [account.destinationId ? 0 : account.routed, "handed on to destinations"],
    [account.filtered, "filtered"],
    [account.duplicate, "were duplicates"],
    [account.discarded, "discarded"],
    [account.dead, "failed (dead letters)"],
    [account.waiting, "waiting"],
    [account.unrecorded, "older than the ledger's knowledge"],
  ];
  const said = places
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${number(count)} ${words}`);
  const verb = account.destinationId ? "for it" : "accepted";
  return `${events(account.accepted)} ${verb}: ${listed(said)}.`;
}

/** Returns what is missing, or what there is too much of; empty if it adds up. */
export function differenceInWords(account: Account): string {
  if (account.difference === 0) return "";
  const count = Math.abs(account.difference);
  return account.difference > 0
    ? `${events(count)} cannot be accounted for.`
    : `${events(count)} more ended than there were.`;
}
