/**
 * Conditions on events, in FQL as Segment documents it.
 *
 * Not as its actions run it: `and` binds tighter than `or`, parentheses nest, `!` negates the comparison that
 * follows, and every documented function is there. Tolerant of null: what an event does not have
 * is null, and no function fails on it.
 */

import { isObject, own, typeOf, type Values } from "./values.js";

/** A condition that cannot be read; `position` is the offset of the character that is wrong. */
export class FqlError extends Error {
  constructor(
    message: string,
    readonly position: number,
  ) {
    super(message);
  }
}

const CAMEL = /([a-z\d])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g;

const onText =
  (change: (text: string) => unknown) =>
  (value: unknown): unknown =>
    typeof value === "string" ? change(value) : null;

/** `orderTotal`, `order_total` and `Order total` are the same two words. */
const joined = (separator: string) =>
  onText((text) =>
    (text.replace(CAMEL, "$& ").match(/[\p{L}\p{N}]+/gu) ?? []).join(separator).toLowerCase(),
  );

type IsIn = (character: string) => boolean;

function classOf(set: string): IsIn {
  const isNegated = set.length > 1 && /^[!^]/.test(set);
  const ranges = [...set.slice(isNegated ? 1 : 0).matchAll(/\\?([\s\S])(?:-([\s\S]))?/gu)];
  return (character) =>
    ranges.some(([, first = "", last = first]) => first <= character && character <= last) !==
    isNegated;
}

/**
 * Returns whether the glob describes the whole text: `*`, `?`, `[abc]`, `[a-z]`, `\x`.
 *
 * Going back only to the last star is enough, where a regular expression would take exponential
 * time for `*a*a*a*b` and hold the page up.
 */
function matchesGlob(text: string, glob: string): boolean {
  const parts: (IsIn | null)[] = [];
  for (const [, escaped, set, other] of glob.matchAll(/\\([\s\S])|\[([\s\S][^\]]*)\]|([\s\S])/gu)) {
    const wanted = escaped ?? other;
    if (set) parts.push(classOf(set));
    else if (other === "*") parts.push(null);
    else parts.push((character) => other === "?" || character === wanted);
  }
  const characters = [...text];
  let [at, part, star, resume] = [0, 0, -1, 0];
  while (at < characters.length) {
    if (parts[part] === null) {
      star = part++;
      resume = at;
    } else if (parts[part]?.(characters[at] as string)) {
      at++;
      part++;
    } else if (star < 0) {
      return false;
    } else {
      part = star + 1;
      at = ++resume;
    }
  }
  return parts.slice(part).every((rest) => !rest);
}

const WORDS: Values = { true: true, false: false, null: null };

const TYPES: Record<string, string> = { array: "list", boolean: "bool" };

const FUNCTIONS: Record<string, (...values: unknown[]) => unknown> = {
  contains: (text, part) =>
    typeof text === "string" && typeof part === "string" && text.includes(part),
  length: (value) => {
    if (typeof value === "string") return new TextEncoder().encode(value).length;
    if (Array.isArray(value)) return value.length;
    return value === null ? 0 : null;
  },
  lowercase: onText((text) => text.toLowerCase()),
  uppercase: onText((text) => text.toUpperCase()),
  snakecase: joined("_"),
  kebabcase: joined("-"),
  titlecase: onText((text) =>
    text.replace(
      /([\p{L}\p{N}])([\p{L}\p{N}]*)/gu,
      (_, first: string, rest: string) => first.toUpperCase() + rest.toLowerCase(),
    ),
  ),
  typeof: (value) => TYPES[typeOf(value)] ?? typeOf(value),
  match: (text, glob) =>
    typeof text === "string" && typeof glob === "string" && matchesGlob(text, glob),
  bool: (value) =>
    typeof value === "number" || typeof value === "boolean"
      ? !!value
      : onText((text) => own(WORDS, text.toLowerCase()) ?? null)(value),
  string: (value) => {
    if (value === null) return null;
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  },
  number: (value) => {
    if (value === null || typeof value === "object" || !String(value).trim()) return null;
    const number = Number(value);
    return Number.isNaN(number) ? null : number;
  },
};

function isEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  const type = typeOf(left);
  if (type !== typeOf(right) || !/^(array|object)$/.test(type)) return false;
  const keys = Object.keys(left as Values);
  return (
    keys.length === Object.keys(right as Values).length &&
    keys.every((key) => isEqual(own(left, key) ?? null, own(right, key)))
  );
}

/** Returns what the path leads to; what is missing is null, an item of a list has a number. */
function lookUp(event: unknown, keys: readonly unknown[]): unknown {
  let value = event;
  for (const key of keys as string[]) {
    const isIn = Array.isArray(value) ? key !== "length" : isObject(value);
    value = isIn ? own(value, key) : null;
  }
  return value ?? null;
}

const ordered =
  (isSo: (left: number, right: number) => boolean) =>
  (left: unknown, right: unknown): boolean =>
    typeof left === "number" && typeof right === "number" && isSo(left, right);

const COMPARISONS: Record<string, (left: unknown, right: unknown) => boolean> = {
  "=": isEqual,
  "!=": (left, right) => !isEqual(left, right),
  "<": ordered((left, right) => left < right),
  "<=": ordered((left, right) => left <= right),
  ">": ordered((left, right) => left > right),
  ">=": ordered((left, right) => left >= right),
  in: (left, right) => Array.isArray(right) && right.some((item) => isEqual(left, item)),
};

/**
 * A condition once it is read: an operator or function and what it works on.
 *
 * `["path", ...keys]` is what the event holds there and `["is", value]` a literal; `and` and `or`
 * take two or more trees.
 */
export type Tree = readonly [operator: string, ...operands: unknown[]];

/** One group for each kind of token: text, number, path or word, and the rest. */
const TOKEN =
  /\s*(?:("(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*')|([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.\\]))|((?:[a-zA-Z_]|\\[\s\S])(?:[\w-]|\\[\s\S])*(?:\s*\.\s*(?:[\w-]|\\[\s\S])+)*)|(!=|<=|>=|[!=<>(),[\]]))\s*/y;
const TEXT = 1;
const NUMBER = 2;
const NAME = 3;

/**
 * Returns what the condition says.
 *
 * @throws FqlError when it cannot be read.
 */
export function parse(text: string): Tree {
  let kind = 0;
  let token = "";
  let start = 0;
  let position = 0;

  const refuse = (): never => {
    const what =
      position >= text.length && !kind ? "Something is missing" : `"${token}" cannot stand here`;
    throw new FqlError(`${what}, at character ${start + 1}.`, start);
  };

  const next = (): void => {
    start = position;
    kind = 0;
    token = text.charAt(start);
    if (!token) return;
    TOKEN.lastIndex = start;
    const found = TOKEN.exec(text) ?? refuse();
    kind = found.findIndex((group, index) => index && group !== undefined);
    token = found[kind] as string;
    position = TOKEN.lastIndex;
  };

  const take = (wanted: string): boolean => {
    const isIt = kind >= NAME && token === wanted;
    if (isIt) next();
    return isIt;
  };

  const several = (word: string, part: () => Tree): Tree => {
    const parts = [part()];
    while (take(word)) parts.push(part());
    return parts.length > 1 ? [word, ...parts] : (parts[0] as Tree);
  };

  const or = (): Tree => several("or", () => several("and", negation));

  const negation = (): Tree => (take("!") ? ["!", negation()] : comparison());

  const comparison = (): Tree => {
    const left = value();
    const operator = token;
    if (kind < NAME || !own(COMPARISONS, operator)) return left;
    next();
    return [operator, left, value()];
  };

  const list = (end: string, item: () => Tree): Tree[] => {
    const items: Tree[] = [];
    if (take(end)) return items;
    do items.push(item());
    while (take(","));
    return take(end) ? items : refuse();
  };

  const value = (): Tree => {
    if (take("(")) {
      const inner = or();
      return take(")") ? inner : refuse();
    }
    if (take("[")) return ["list", ...list("]", value)];
    const [given, is, at] = [token, kind, start];
    if (!is || is > NAME || /^(and|or|in)$/.test(given)) return refuse();
    next();
    if (is === TEXT) {
      // A backslash protects the quote; before anything else it stays, for a glob to have one.
      const unquoted = (pair: string) => (pair[1] === given[0] ? given.charAt(0) : pair);
      return ["is", given.slice(1, -1).replace(/\\[\s\S]/g, unquoted)];
    }
    if (is === NUMBER) return ["is", Number(given)];
    if (take("(")) {
      const values = list(")", or);
      const apply = own(FUNCTIONS, given) as { length: number } | undefined;
      if (apply?.length === values.length) return [given, ...values];
      throw new FqlError(`"${given}" is no function of ${values.length} values.`, at);
    }
    if (own(WORDS, given) !== undefined) return ["is", WORDS[given]];
    const keys = given.match(/(?:[\w-]|\\[\s\S])+/g) as string[];
    return ["path", ...keys.map((key) => key.replace(/\\([\s\S])/g, "$1"))];
  };

  next();
  const tree = or();
  return kind ? refuse() : tree;
}

function evaluate([operator, ...operands]: Tree, event: unknown): unknown {
  if (operator === "is") return operands[0];
  if (operator === "path") return lookUp(event, operands);
  const holds = (tree: unknown): boolean => evaluate(tree as Tree, event) === true;
  if (operator === "and") return operands.every(holds);
  if (operator === "or") return operands.some(holds);
  if (operator === "!") return !holds(operands[0]);
  const values = operands.map((tree) => evaluate(tree as Tree, event));
  if (operator === "list") return values;
  const apply = COMPARISONS[operator] ?? FUNCTIONS[operator];
  return apply?.(...(values as [unknown, unknown]));
}

/** Returns whether the event meets the condition. */
export function matches(condition: Tree, event: unknown): boolean {
  return event != null && evaluate(condition, isObject(event) ? event : {}) === true;
}
