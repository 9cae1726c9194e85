/** Where the values of a payload come from: the same value, looked for in the event. */

export interface Leaf {
  /** Such as `properties.total` or `products[0].price`. */
  path: string;
  value: unknown;
}

export interface Origin extends Leaf {
  /** The event's paths that have this value; empty if the mapping made it. */
  from: string[];
}

const LEAVES_MAX = 500;

/** Returns every value of a JSON that holds no other, with its path. */
export function leavesOf(value: unknown, path = ""): Leaf[] {
  if (value === null || typeof value !== "object" || Object.keys(value).length === 0) {
    return [{ path, value }];
  }
  const found: Leaf[] = [];
  for (const [key, inner] of Object.entries(value)) {
    const step = Array.isArray(value) ? `[${key}]` : path ? `.${key}` : key;
    found.push(...leavesOf(inner, path + step));
    if (found.length >= LEAVES_MAX) break;
  }
  return found;
}

/** Returns each value of the payload and where the event has it, the likeliest place first. */
export function originsOf(payload: unknown, event: unknown): Origin[] {
  const paths = new Map<string, string[]>();
  for (const { path, value } of leavesOf(event)) {
    const key = JSON.stringify(value);
    paths.set(key, [...(paths.get(key) ?? []), path]);
  }
  return leavesOf(payload).map((leaf) => {
    const from = paths.get(JSON.stringify(leaf.value)) ?? [];
    const likely = (path: string) => Number(lastName(path) !== lastName(leaf.path));
    return { ...leaf, from: [...from].sort((a, b) => likely(a) - likely(b)) };
  });
}

/** Returns the values of the event that are nowhere in the payload. */
export function leftOut(payload: unknown, event: unknown): Leaf[] {
  const sent = new Set(leavesOf(payload).map(({ value }) => JSON.stringify(value)));
  return leavesOf(event).filter(({ value }) => !sent.has(JSON.stringify(value)));
}

const lastName = (path: string): string => path.split(/[.[]/).pop() ?? path;

/** Returns the JSON of a payload as the ledger keeps it; undefined if it was cut off. */
export function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
