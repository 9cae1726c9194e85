/** What the catalog says of a destination, in words. */

import type { components } from "../../api/schema";

type Schemas = components["schemas"];
export type Entry = Schemas["DestinationMetadata"];
export type Source = Schemas["SourceShape"];
export type Mode = Entry["mode"];

export const KINDS = ["web", "mobile", "server"] as const;
export type Kind = (typeof KINDS)[number];
export const KIND_WORDS: Record<Kind, string> = { web: "Web", mobile: "Mobile", server: "Server" };

export const MODE_WORDS: Record<Mode, string> = { device: "Device mode", cloud: "Cloud mode" };
export const MODE_HELP: Record<Mode, string> = {
  device: "The visitor's browser talks to the vendor: Analytics.js loads its script.",
  cloud: "This server sends to the vendor; nothing is added to your pages.",
};

const DEVICES: Record<Kind, string> = { web: "websites", mobile: "apps", server: "backends" };

/** Returns the vendor's name, without which of its destinations this is. */
export const vendorName = (entry: Pick<Entry, "name">): string => entry.name.split(" ")[0] ?? "";

/** Returns who delivers, and for what: the first thing in which two of one vendor differ. */
export function whereItRuns(entry: Pick<Entry, "name" | "mode" | "connectionModes">): string {
  if (entry.mode === "device") return `In the browser, with ${vendorName(entry)}'s own script.`;
  const kinds = KINDS.filter((kind) => isSupported(entry, kind)).map((kind) => DEVICES[kind]);
  const last = kinds.pop();
  if (!last || kinds.length === 0) return "From the server.";
  return `From the server, for ${kinds.join(", ")} and ${last}.`;
}

/** Returns them with those of one vendor together, the one to begin with first. */
export function inOrder(entries: readonly Entry[]): Entry[] {
  return [...entries].sort(
    (a, b) =>
      a.vendor.localeCompare(b.vendor) ||
      Number(a.mode === "cloud") - Number(b.mode === "cloud") ||
      a.name.localeCompare(b.name),
  );
}

/** Returns what a short or half-remembered address may mean: `ripe` is two of them. */
export function meantBy(entries: readonly Entry[], slug: string): Entry[] {
  const wanted = slug.toLowerCase();
  return inOrder(entries.filter((entry) => entry.vendor === wanted || entry.slug.includes(wanted)));
}

/** Returns whether a kind of source can use the destination. */
export function isSupported(entry: Pick<Entry, "mode" | "connectionModes">, kind: Kind): boolean {
  return entry.connectionModes[kind]?.[entry.mode] ?? false;
}

/** Returns why a source of this kind cannot have the destination; null if it can. */
export function reasonAgainst(
  entry: Pick<Entry, "name" | "mode" | "connectionModes">,
  kind: Kind,
): string | null {
  if (isSupported(entry, kind)) return null;
  const kinds = KINDS.filter((one) => isSupported(entry, one)).map((one) => `a ${one} source`);
  const where = kinds.length > 0 ? ` Choose ${kinds.join(" or ")}.` : "";
  return entry.mode === "device"
    ? `${entry.name} runs in a browser, and a ${kind} source has none.${where}`
    : `${entry.name} does not take what a ${kind} source sends.${where}`;
}

/** Returns the entries that have every word of the text, of one category or of all. */
export function search(entries: readonly Entry[], text: string, category: string | null): Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter((entry) => {
    if (category && !entry.categories?.includes(category)) return false;
    const said =
      `${entry.name} ${entry.slug} ${entry.vendor} ${entry.description} ${entry.suits} ${entry.categories?.join(" ")} ${MODE_WORDS[entry.mode]}`.toLowerCase();
    return words.every((word) => said.includes(word));
  });
}

/** Returns the categories there are, in order. */
export function categoriesOf(entries: readonly Entry[]): string[] {
  return [...new Set(entries.flatMap((entry) => entry.categories ?? []))].sort();
}

/** Returns where a default comes from, as a person would say it. */
export function defaultInWords(value: unknown): string {
  if (value === null || value === undefined || value === "") return "";
  if (typeof value === "object") {
    const path = (value as { "@path"?: unknown })["@path"];
    if (typeof path === "string") return path;
    return JSON.stringify(value);
  }
  return String(value);
}

/** Returns a slug for a name: lower case, with dashes, and not one of those taken. */
export function slugFor(name: string, taken: readonly string[]): string {
  const base =
    name
      .toLowerCase()
      .normalize("NFKD")
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 60) || "source";
  let slug = base;
  for (let number = 2; taken.includes(slug); number += 1) slug = `${base}-${number}`;
  return slug;
}
