/// <reference types="node" />
/** Reads the conformance vectors, which say in JSON what JavaScript can hold and JSON cannot. */

import { readFileSync } from "node:fs";

const MARKED_NUMBERS: Record<string, number> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  "-0": -0,
};

function unmarked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmarked);
  if (typeof value !== "object" || value === null) return value;
  const marked = value as Record<string, unknown>;
  if (marked.$undefined === true) return undefined;
  if (typeof marked.$number === "string") return MARKED_NUMBERS[marked.$number];
  return Object.fromEntries(Object.entries(marked).map(([key, held]) => [key, unmarked(held)]));
}

/** Returns every line of a vector file in `tests/vectors`. */
export function vectors<Vector>(name: string): Vector[] {
  const text = readFileSync(new URL(`../../../tests/vectors/${name}`, import.meta.url), "utf8");
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => unmarked(JSON.parse(line)) as Vector);
}
