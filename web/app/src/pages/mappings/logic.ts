/** What the pages of mappings work out. Pure. */

import { compileMapping, matches, parse } from "@crossdock/plugin-kit";
import { type Difference, differencesBetween } from "../../parts/differences";
import type { Draft, EventTest, Mapping } from "./api";

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

/** Returns in what two drafts differ: name, trigger, and field by field. */
export function differences(theirs: Draft, mine: Draft): Difference[] {
  const keys = [...new Set([...Object.keys(theirs.settings), ...Object.keys(mine.settings)])];
  return [
    ...differencesBetween({ name: "Name", trigger: "Trigger" }, { ...theirs }, { ...mine }),
    ...differencesBetween(
      Object.fromEntries(keys.map((key) => [key, key])),
      theirs.settings,
      mine.settings,
    ),
  ];
}

export const draftOf = ({ name, trigger, settings }: Mapping): Draft => ({
  name,
  trigger,
  settings,
});

/** Returns whether the mapping is made of one function as a whole, and not field by field. */
export const isWhole = (settings: Draft["settings"]): boolean =>
  Object.keys(settings).some((key) => key.startsWith("@") || key.startsWith("__segment_internal"));
