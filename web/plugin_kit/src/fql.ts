/**
 * Conditions on events, in FQL as Segment documents it.
 *
 * Not as its actions run it: `and` binds tighter than `or`, parentheses nest, `!` negates whatever
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

/** Returns the words of a text: `orderTotal`, `order_total` and `Order total` have the same two. */
function words(text: string): string[] {
  return (
    text
      .replace(/([a-z\d])([A-Z])/g, "$1 $2")
      .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
      .match(/[^\W_]+/g) ?? []
  );
}

const onText =
  (change: (text: string) => unknown) =>
  (value: unknown): unknown =>
    typeof value === "string" ? change(value) : null;

const joined = (separator: string) => onText((text) => words(text).join(separator).toLowerCase());

/** Returns the glob as a regular expression that matches whole strings, or null if it is none. */
function globPattern(glob: string): RegExp | null {
  const pattern = glob.replace(
    /\\([\s\S])|\[(\^?)((?:\\[\s\S]|[^\]\\])+)]|([\s\S])/g,
    (_, ...groups) => {
      const [escaped, negation, set, other] = groups as (string | undefined)[];
      if (set !== undefined) return `[${negation}${set.replace(/[[&^]/g, "\\$&")}]`;
      if (other === "*") return "[^]*";
      if (other === "?") return "[^]";
      return (escaped ?? other ?? "").replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
    },
  );
  try {
    return new RegExp(`^${pattern}$`);
  } catch {
    return null;
  }
}

const TYPES: Record<string, string> = { array: "list", boolean: "bool", object: "map" };

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
    words(text)
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
      .join(" "),
  ),
  typeof: (value) => TYPES[typeOf(value)] ?? typeOf(value),
  match: (text, glob) =>
    typeof text === "string" && typeof glob === "string" && !!globPattern(glob)?.test(text),
  bool: (value) => {
    if (typeof value === "string") return value === "true" || (value === "false" ? false : null);
    return value === null || typeof value === "object" ? null : !!value;
  },
  string: (value) => (value === null || typeof value === "object" ? null : String(value)),
  number: (value) => {
    if (value === null || value === "" || typeof value === "object") return null;
    const number = Number(value);
    return Number.isNaN(number) ? null : number;
  },
};

function isEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isEqual(item, right[index]));
  }
  return false;
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

const WORDS: Values = { true: true, false: false, null: null };

/**
 * A condition once it is read: an operator or function and what it works on.
 *
 * `["path", ...keys]` is what the event holds there and `["is", value]` a literal; `and` and `or`
 * take two or more trees.
 */
export type Tree = readonly [operator: string, ...operands: unknown[]];

/** One group for each kind of token: text, number, path or word, and the rest. */
const TOKEN =
  /\s*(?:("[^"]*"|'[^']*')|([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w\\])|((?:[a-zA-Z_]|\\[\s\S])(?:[\w-]|\\[\s\S])*(?:\s*\.\s*(?:[\w-]|\\[\s\S])+)*)|(!=|<=|>=|[!=<>(),[\]]))\s*/y;
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
    const found = TOKEN.exec(text);
    if (!found) return refuse();
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

  const or = (): Tree => several("or", () => several("and", comparison));

  const comparison = (): Tree => {
    const left = unary();
    const operator = token;
    if (kind < NAME || !own(COMPARISONS, operator)) return left;
    next();
    return [operator, left, unary()];
  };

  const unary = (): Tree => (take("!") ? ["!", unary()] : value());

  const list = (end: string): Tree[] => {
    const items: Tree[] = [];
    if (take(end)) return items;
    do items.push(value());
    while (take(","));
    return take(end) ? items : refuse();
  };

  const value = (): Tree => {
    if (take("(")) {
      const inner = or();
      return take(")") ? inner : refuse();
    }
    if (take("[")) return ["list", ...list("]")];
    const [given, is, at] = [token, kind, start];
    if (!is || is > NAME || /^(and|or|in)$/.test(given)) return refuse();
    next();
    if (is === TEXT) return ["is", given.slice(1, -1)];
    if (is === NUMBER) return ["is", Number(given)];
    if (take("(")) {
      const apply = own(FUNCTIONS, given) as { length: number } | undefined;
      if (!apply) throw new FqlError(`"${given}" is no function of FQL.`, at);
      const values = list(")");
      if (values.length === apply.length) return [given, ...values];
      throw new FqlError(`"${given}" takes ${apply.length}, not ${values.length} values.`, at);
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
  if (operator === "path") {
    return operands.reduce((held, key) => own(held ?? {}, key as string), event) ?? null;
  }
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
  return isObject(event) && evaluate(condition, event) === true;
}
