/** The order of a table's rows, and the way through them by key. */

export interface Sorted {
  key: string;
  direction: "up" | "down";
}

interface Sortable<Row> {
  key: string;
  sortBy?: (row: Row) => string | number | null | undefined;
}

const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Returns the rows in order; what has no value is last, whichever the direction. */
export function sorted<Row>(
  rows: readonly Row[],
  columns: readonly Sortable<Row>[],
  order: Sorted | undefined,
): readonly Row[] {
  const sortBy = columns.find((column) => column.key === order?.key)?.sortBy;
  if (!sortBy || !order) return rows;
  const sign = order.direction === "up" ? 1 : -1;
  return [...rows].sort((one, other) => {
    const [a, b] = [sortBy(one) ?? null, sortBy(other) ?? null];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * words.compare(String(a), String(b));
  });
}

/** Returns what a click on a head makes of the order: up, then down. */
export function turned(before: Sorted | undefined, key: string): Sorted {
  return { key, direction: before?.key === key && before.direction === "up" ? "down" : "up" };
}

const PAGE = 10;

/** Returns which row a key leads to, or undefined if the key is none of the way. */
export function nextIndex(key: string, current: number, count: number): number | undefined {
  const steps: Record<string, number> = {
    ArrowDown: current + 1,
    ArrowUp: current - 1,
    PageDown: current + PAGE,
    PageUp: current - PAGE,
    Home: 0,
    End: count - 1,
  };
  const next = steps[key];
  return next === undefined ? undefined : Math.max(0, Math.min(count - 1, next));
}
