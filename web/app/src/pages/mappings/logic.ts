/** What the pages of mappings work out. Pure. */

import { compileMapping, matches, parse } from "@crossdock/plugin-kit";
import type { Draft, EventTest, Mapping, RecentEvent } from "./api";
import { isEqual, type Json } from "./value/form";

/** Returns the name, or it with the first number that is free. */
export function freeName(wanted: string, taken: readonly string[]): string {
  if (!taken.includes(wanted)) return wanted;
  let number = 2;
  while (taken.includes(`${wanted} ${number}`)) number += 1;
  return `${wanted} ${number}`;
}

/** Returns the list with the item at another place. */
export function moved<Item>(items: readonly Item[], from: number, to: number): Item[] {
  const rest = items.filter((_, at) => at !== from);
  return [...rest.slice(0, to), items[from] as Item, ...rest.slice(to)];
}

/** Returns whether the trigger takes the event; what cannot be read takes none. */
export function takes(trigger: string, event: unknown): boolean {
  try {
    return matches(parse(trigger), event);
  } catch {
    return false;
  }
}

export type Local = { payload: unknown } | { problem: string };

/** Returns the payload as a page makes it: it does not look whether the action can take it. */
export function madeHere(settings: Draft["settings"], event: unknown): Local {
  try {
    return { payload: compileMapping(settings)(event) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

export interface FieldProblem {
  /** The field's key; empty for the mapping as a whole. */
  field: string;
  path: string;
  message: string;
}

/** Returns what the real way found wrong, at the fields. */
export function problemsOf(test: EventTest | undefined): FieldProblem[] {
  const refused = test?.steps.filter(({ result }) => result === "refused") ?? [];
  return refused.flatMap(({ problems, what }) =>
    problems.length > 0
      ? problems.map(({ path, message }) => ({ field: fieldOf(path), path, message }))
      : [{ field: "", path: "", message: what }],
  );
}

const fieldOf = (path: string): string => path.split(/[.[]/)[0] ?? "";

export interface Difference {
  what: string;
  theirs: unknown;
  mine: unknown;
}

/** Returns in what two drafts differ: name, trigger, and field by field. */
export function differences(theirs: Draft, mine: Draft): Difference[] {
  const found: Difference[] = [];
  const compare = (what: string, one: unknown, other: unknown) => {
    if (!isEqual(one ?? null, other ?? null)) found.push({ what, theirs: one, mine: other });
  };
  compare("Name", theirs.name, mine.name);
  compare("Trigger", theirs.trigger, mine.trigger);
  const keys = new Set([...Object.keys(theirs.settings), ...Object.keys(mine.settings)]);
  for (const key of keys) compare(key, theirs.settings[key], mine.settings[key]);
  return found;
}

export const draftOf = ({ name, trigger, settings }: Mapping): Draft => ({
  name,
  trigger,
  settings,
});

/** Returns whether the mapping is made of one function as a whole, and not field by field. */
export const isWhole = (settings: Draft["settings"]): boolean =>
  Object.keys(settings).some((key) => key.startsWith("@") || key.startsWith("__segment_internal"));

const PERSON = { userId: "user-1", anonymousId: "anon-1" };
const CONTEXT = {
  page: {
    url: "https://shop.example/boots?size=42",
    path: "/boots",
    search: "?size=42",
    referrer: "https://search.example/",
    title: "Boots",
  },
  locale: "en-GB",
  ip: "203.0.113.7",
};
const TRAITS = { name: "Ann Smith", email: "ann@shop.example", plan: "pro" };

const sample = (type: string, more: Record<string, Json>): RecentEvent => ({
  messageId: `sample-${type}`,
  receivedAt: "2030-01-01T12:00:00.000Z",
  type,
  name: typeof more.event === "string" ? more.event : ((more.name as string) ?? null),
  event: {
    type,
    messageId: `sample-${type}`,
    timestamp: "2030-01-01T12:00:00.000Z",
    ...PERSON,
    context: CONTEXT,
    ...more,
  },
});

/** Events that are made up, for as long as the source has none. */
export const SAMPLES: readonly RecentEvent[] = [
  sample("track", {
    event: "Order Completed",
    properties: {
      orderId: "1001",
      total: 129.9,
      currency: "EUR",
      products: [{ productId: "b-42", name: "Boots", price: 129.9, quantity: 1 }],
    },
  }),
  sample("identify", { traits: TRAITS }),
  sample("page", { name: "Boots", category: "Shop", properties: { ...CONTEXT.page } }),
  sample("group", { groupId: "team-1", traits: { name: "Smith Ltd", employees: 12 } }),
];
