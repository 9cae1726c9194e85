/** A trigger in words, for lists. Pure. */

import { type Condition, type Item, type Operator, read, shownPath } from "./model";

export const OPERATOR_WORDS: Record<Operator, string> = {
  is: "is",
  is_not: "is not",
  contains: "contains",
  not_contains: "does not contain",
  starts: "starts with",
  not_starts: "does not start with",
  ends: "ends with",
  not_ends: "does not end with",
  matches: "matches",
  not_matches: "does not match",
  exists: "exists",
  not_exists: "does not exist",
  less: "is less than",
  at_most: "is at most",
  more: "is more than",
  at_least: "is at least",
  in: "is one of",
  not_in: "is none of",
};

const CALLS: Record<string, string> = {
  track: "Track",
  identify: "Identify",
  page: "Page",
  screen: "Screen",
  group: "Group",
  alias: "Alias",
};

/** Returns such as `Event type is Track and event name is Order Completed`. */
export function triggerWords(text: string): string {
  const found = read(text);
  if (found.state === "wrong") return "The trigger cannot be read";
  if (found.state === "text") return text;
  const words = itemsWords(found.group.items, found.group.joint);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const itemsWords = (items: readonly Item[], joint: string): string =>
  items
    .map((item) =>
      item.kind === "condition" ? conditionWords(item) : `(${itemsWords(item.items, item.joint)})`,
    )
    .join(` ${joint} `);

/** Returns what a path leads to, as Segment calls it. */
export function subjectWords(path: readonly string[]): string {
  const [first = "", ...rest] = path;
  const name = shownPath(rest);
  if (rest.length === 0) {
    return (
      { type: "event type", event: "event name", name: "page name", userId: "user ID" }[first] ??
      first
    );
  }
  const kind = { properties: "property", traits: "trait", context: "context" }[first];
  return kind ? `${kind} ${name}` : shownPath(path);
}

function conditionWords({ path, operator, value }: Condition): string {
  const words = `${subjectWords(path)} ${OPERATOR_WORDS[operator]}`;
  if (value === null) return words;
  const isType = path.length === 1 && path[0] === "type";
  const shown = (each: unknown): string =>
    isType ? (CALLS[String(each)] ?? String(each)) : String(each);
  return `${words} ${Array.isArray(value) ? value.map(shown).join(", ") : shown(value)}`;
}
