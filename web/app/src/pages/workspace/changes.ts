/** What differs between before and after, line by line. Secrets come hidden from the server. */

export interface Line {
  key: string;
  before: string | undefined;
  after: string | undefined;
}

type Values = Record<string, unknown> | null | undefined;

/** Returns each key that differs, with both values as text; undefined where there was none. */
export function linesOf(before: Values, after: Values): Line[] {
  const keys = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return keys
    .map((key) => ({ key, before: text(before?.[key]), after: text(after?.[key]) }))
    .filter((line) => line.before !== line.after || line.before?.startsWith("•••"));
}

function text(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
