/** The kinds of computed traits. */

import { type ComputedTrait, windowName } from "../audiences/builder/model";

export interface TraitKind {
  reducer: string;
  label: string;
  hint: string;
}

export const TRAIT_KINDS: readonly TraitKind[] = [
  { reducer: "count", label: "Event counter", hint: "How often somebody did something" },
  { reducer: "sum", label: "Sum", hint: "All values of a property together" },
  { reducer: "avg", label: "Average", hint: "Of the values of a property" },
  { reducer: "min", label: "Minimum", hint: "The smallest value of a property" },
  { reducer: "max", label: "Maximum", hint: "The largest value of a property" },
  { reducer: "mode", label: "Most frequent", hint: "The value that occurs most, at least twice" },
  { reducer: "first", label: "First", hint: "The value of the first event that has one" },
  { reducer: "last", label: "Last", hint: "The value of the latest event that has one" },
  { reducer: "unique", label: "Unique list", hint: "All values, each once, in alphabetical order" },
  {
    reducer: "unique_count",
    label: "Unique list count",
    hint: "How many different values there are",
  },
];

const FREQUENCY_MIN = 2;

/** Returns it as one of another kind, with what still fits. */
export function ofKind(one: ComputedTrait, reducer: string): ComputedTrait {
  return {
    ...one,
    reducer,
    of: reducer === "count" ? null : one.of,
    value_type: null,
    frequency_min: reducer === "mode" ? (one.frequency_min ?? FREQUENCY_MIN) : null,
  };
}

/** Returns a name for who has not thought of one: "Sum of total Last 90 Days". */
export function suggestedTraitName(one: ComputedTrait): string {
  if (one.reducer === "count") return one.event && `${one.event} Count${windowName(one.window)}`;
  const label = TRAIT_KINDS.find(({ reducer }) => reducer === one.reducer)?.label;
  return one.of && label ? `${label} of ${one.of}${windowName(one.window)}` : "";
}
