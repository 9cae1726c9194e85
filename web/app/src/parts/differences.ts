/** In what two versions of a thing differ, for whoever has to choose between them. */

import { hashKey } from "@tanstack/react-query";

export interface Difference {
  label: string;
  /** In words, or as JSON. */
  theirs: string;
  mine: string;
}

const isNothing = (value: unknown) => value === undefined || value === null || value === "";

const said = (value: unknown): string =>
  isNothing(value) ? "nothing" : typeof value === "string" ? value : JSON.stringify(value, null, 2);

// The order of an object's keys says nothing.
const isSame = (one: unknown, other: unknown) =>
  (isNothing(one) && isNothing(other)) || hashKey([one ?? null]) === hashKey([other ?? null]);

/** Returns where two differ, for those of the fields that are of interest. */
export function differencesBetween(
  labels: Readonly<Record<string, string>>,
  theirs: Readonly<Record<string, unknown>>,
  mine: Readonly<Record<string, unknown>>,
): Difference[] {
  return Object.entries(labels)
    .filter(([key]) => !isSame(theirs[key], mine[key]))
    .map(([key, label]) => ({ label, theirs: said(theirs[key]), mine: said(mine[key]) }));
}
