/** The paths of an event, for a list to choose from. Pure. */

import { isObject } from "./form";

export interface EventPath {
  /** As a mapping has it: `$.properties.total`. */
  path: string;
  /** The last key of it. */
  name: string;
  depth: number;
  /** What is there, short; empty of what has parts of its own. */
  sample: string;
}

const SAMPLE_CHARACTERS_MAX = 60;
const PATHS_MAX = 500;
const ITEMS_MAX = 3;

/** Returns every path of the event that a mapping can reach, each after what it is part of. */
export function pathsOf(event: unknown): EventPath[] {
  const found: EventPath[] = [];
  const walk = (value: unknown, path: string, depth: number): void => {
    const entries = Array.isArray(value)
      ? value.slice(0, ITEMS_MAX).map((item, at) => [String(at), item] as const)
      : isObject(value)
        ? Object.entries(value)
        : [];
    for (const [name, inner] of entries) {
      // Keys with a dot, a quote or a bracket cannot be reached by any path.
      if (found.length >= PATHS_MAX || name === "" || /[.'"[\]]/.test(name)) continue;
      const full = Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`;
      found.push({ path: full, name, depth, sample: sampleOf(inner) });
      walk(inner, full, depth + 1);
    }
  };
  walk(event, "$", 0);
  return found;
}

/** Returns the value in a line. */
export function sampleOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 1 ? "1 item" : `${value.length} items`;
  if (isObject(value)) return "";
  const text = JSON.stringify(value) ?? "";
  return text.length > SAMPLE_CHARACTERS_MAX ? `${text.slice(0, SAMPLE_CHARACTERS_MAX)}…` : text;
}

/** Returns those that somebody looks for: by the path, or by what is there. */
export function foundPaths(paths: readonly EventPath[], wanted: string): readonly EventPath[] {
  const words = wanted
    .toLowerCase()
    .trim()
    .replace(/^\$\.?/, "");
  if (!words) return paths;
  return paths.filter(
    ({ path, sample }) =>
      path.toLowerCase().includes(words) || sample.toLowerCase().includes(words),
  );
}
