/** JSON-like values, and what JavaScript would say about them. */

/** An object of values whose shape is the sender's business. */
export type Values = Record<string, unknown>;

/** Returns the name of the value's real type: `null`, `array`, `object`, `date`, `string` and so on. */
export function typeOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1).toLowerCase();
}

/** Returns whether the value is a plain object: not null, not a list, not a Date. */
export function isObject(value: unknown): value is Values {
  return typeOf(value) === "object";
}

/**
 * Returns what the value holds under the key, or undefined.
 *
 * Only its own: `constructor` is in every object's prototype and in nobody's event.
 */
export function own(value: unknown, key: string): unknown {
  // biome-ignore lint/suspicious/noPrototypeBuiltins: browsers of 2020 have no Object.hasOwn.
  return Object.prototype.hasOwnProperty.call(value, key) ? (value as Values)[key] : undefined;
}

/** Returns a deep copy in which no object has a key whose value is undefined; list elements stay. */
export function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, held]) => held !== undefined)
      .map(([key, held]) => [key, withoutUndefined(held)]),
  );
}
