/**
 * What the builder shows: conditions in groups. Pure; `read` and `write` are each other's inverse.
 *
 * The FQL text is what counts. A text that says more than the builder can show stays a text.
 */

import { FqlError, parse, type Tree } from "@crossdock/plugin-kit";

export type Scalar = string | number | boolean;

export type Operator =
  | "is"
  | "is_not"
  | "contains"
  | "not_contains"
  | "starts"
  | "not_starts"
  | "ends"
  | "not_ends"
  | "matches"
  | "not_matches"
  | "exists"
  | "not_exists"
  | "less"
  | "at_most"
  | "more"
  | "at_least"
  | "in"
  | "not_in";

export interface Condition {
  kind: "condition";
  /** The path, key by key: `["properties", "total"]`. */
  path: readonly string[];
  operator: Operator;
  /** None of `exists`; a list of `in`. */
  value: Scalar | readonly Scalar[] | null;
}

export interface Group {
  kind: "group";
  joint: "and" | "or";
  items: readonly Item[];
}

export type Item = Condition | Group;

export type Read =
  | { state: "shown"; group: Group }
  | { state: "text"; reason: string }
  | { state: "wrong"; message: string; position: number };

/** Of operators that compare: the one in FQL. */
const COMPARISONS: Partial<Record<Operator, string>> = {
  is: "=",
  is_not: "!=",
  less: "<",
  at_most: "<=",
  more: ">",
  at_least: ">=",
};
const OPERATOR_OF = Object.fromEntries(
  Object.entries(COMPARISONS).map(([operator, sign]) => [sign, operator as Operator]),
);
const NEGATED: Partial<Record<Operator, Operator>> = {
  is: "is_not",
  is_not: "is",
  contains: "not_contains",
  not_contains: "contains",
  starts: "not_starts",
  not_starts: "starts",
  ends: "not_ends",
  not_ends: "ends",
  matches: "not_matches",
  not_matches: "matches",
  exists: "not_exists",
  not_exists: "exists",
  in: "not_in",
  not_in: "in",
};

/** The operators that end in one of those two take a glob, whose signs a plain text must escape. */
const GLOB_SIGNS = /[*?[\\]/;

export const hasNoValue = (operator: Operator): boolean => /exists$/.test(operator);
export const hasList = (operator: Operator): boolean => /^(not_)?in$/.test(operator);

class NotShown extends Error {}

/** Returns what a text says, if the builder can show it; else why not, or where it is wrong. */
export function read(text: string): Read {
  let tree: Tree;
  try {
    tree = parse(text);
  } catch (error) {
    if (error instanceof FqlError) {
      return { state: "wrong", message: error.message, position: error.position };
    }
    throw error;
  }
  try {
    const item = itemOf(tree);
    const group: Group =
      item.kind === "group" ? item : { kind: "group", joint: "and", items: [item] };
    return { state: "shown", group };
  } catch (error) {
    if (error instanceof NotShown) return { state: "text", reason: error.message };
    throw error;
  }
}

function itemOf(tree: Tree): Item {
  const [operator, ...operands] = tree;
  if (operator === "and" || operator === "or") {
    const items = operands.map((operand) => itemOf(operand as Tree));
    return { kind: "group", joint: operator, items };
  }
  return conditionOf(tree);
}

function conditionOf([operator, ...operands]: Tree): Condition {
  const [left, right] = operands as Tree[];
  if (operator === "!") {
    const inner = itemOf(left as Tree);
    const negated = inner.kind === "condition" && NEGATED[inner.operator];
    if (!negated) throw new NotShown("It negates a group, or a comparison with less or more.");
    return { ...inner, operator: negated };
  }
  if (operator === "path") {
    return { kind: "condition", path: operands as string[], operator: "is", value: true };
  }
  const compared = OPERATOR_OF[operator];
  if (compared) return comparison(compared, left as Tree, right as Tree);
  if (operator === "contains") {
    const value = scalarOf(right as Tree);
    if (typeof value !== "string") throw new NotShown("It looks for something that is no text.");
    return { kind: "condition", path: pathOf(left as Tree), operator: "contains", value };
  }
  if (operator === "match") {
    const glob = scalarOf(right as Tree);
    if (typeof glob !== "string") throw new NotShown("It matches with something that is no text.");
    return { kind: "condition", path: pathOf(left as Tree), ...matchOf(glob) };
  }
  if (operator === "in") {
    const [kind, ...items] = right as Tree;
    if (kind !== "list") throw new NotShown("It looks for something in a list of the event.");
    const value = items.map((item) => scalarOf(item as Tree));
    if (value.includes(null)) throw new NotShown("It has null in a list.");
    const values = value as Scalar[];
    return { kind: "condition", path: pathOf(left as Tree), operator: "in", value: values };
  }
  throw new NotShown(
    operator === "is" || operator === "list"
      ? "It has a value that is compared with nothing."
      : `It uses the function ${operator}().`,
  );
}

function comparison(operator: Operator, left: Tree, right: Tree): Condition {
  const path = pathOf(left);
  const value = scalarOf(right);
  if (value === null) {
    if (operator === "is") return { kind: "condition", path, operator: "not_exists", value };
    if (operator === "is_not") return { kind: "condition", path, operator: "exists", value };
    throw new NotShown("It compares with null by less or more.");
  }
  const isOrder = operator !== "is" && operator !== "is_not";
  if (isOrder && typeof value !== "number") {
    throw new NotShown("It compares by less or more with something that is no number.");
  }
  return { kind: "condition", path, operator, value };
}

function pathOf([operator, ...keys]: Tree): string[] {
  if (operator !== "path") throw new NotShown("What it compares is no part of the event.");
  return keys as string[];
}

function scalarOf([operator, value]: Tree): Scalar | null {
  if (operator !== "is") throw new NotShown("It compares two parts of the event, or lists.");
  return value as Scalar | null;
}

/** A glob that only begins or ends with a star is told in words. */
function matchOf(glob: string): { operator: Operator; value: string } {
  const plain = (text: string): string | undefined => {
    const unescaped = text.replace(/\\([\s\S])/g, "$1");
    // A lone backslash at the end, and signs that are not escaped, are the glob's own.
    return GLOB_SIGNS.test(text.replace(/\\[\s\S]/g, "")) ? undefined : unescaped;
  };
  if (/\*$/.test(glob)) {
    const start = plain(glob.slice(0, -1));
    if (start) return { operator: "starts", value: start };
  }
  if (/^\*/.test(glob)) {
    const end = plain(glob.slice(1));
    if (end) return { operator: "ends", value: end };
  }
  return { operator: "matches", value: glob };
}

/** Returns what is missing of a condition before it can be written; undefined if nothing. */
export function missingOf(condition: Condition): string | undefined {
  const { path, operator, value } = condition;
  if (path.length === 0 || path.some((key) => key === "")) return "Choose which part of the event.";
  if (hasNoValue(operator)) return undefined;
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.some((each) => typeof each === "string" && !isWritable(each))) {
    return "FQL cannot say a text that ends with a backslash.";
  }
  if (/^(less|at_most|more|at_least)$/.test(operator) && typeof value !== "number") {
    return "Type a number.";
  }
  if (/(starts|ends|matches|contains)$/.test(operator) && !value) return "Type a text.";
  if (hasList(operator) && values.length === 0) return "Name at least one.";
  return value === null ? "Type a value." : undefined;
}

const isComplete = (item: Item): boolean =>
  item.kind === "group" ? item.items.some(isComplete) : missingOf(item) === undefined;

/** Returns the text of a group; what is not complete yet is left out. */
export function write(group: Group): string {
  const items = group.items.filter(isComplete);
  return items
    .map((item) => {
      if (item.kind === "condition") return conditionText(item);
      const text = write(item);
      const count = item.items.filter(isComplete).length;
      return items.length > 1 && count > 1 ? `(${text})` : text;
    })
    .join(` ${group.joint} `);
}

function conditionText({ path, operator, value }: Condition): string {
  const left = path.map(keyText).join(".");
  const lone = path.length === 1 && /^(and|or|in|true|false|null)$/.test(path[0] as string);
  const name = lone ? `\\${left}` : left;
  const negation = operator.startsWith("not_") ? "!" : "";
  switch (operator) {
    case "exists":
      return `${name} != null`;
    case "not_exists":
      return `${name} = null`;
    case "contains":
    case "not_contains":
      return `${negation}contains(${name}, ${valueText(value as Scalar)})`;
    case "starts":
    case "not_starts":
      return `${negation}match(${name}, ${valueText(`${escaped(value as string)}*`)})`;
    case "ends":
    case "not_ends":
      return `${negation}match(${name}, ${valueText(`*${escaped(value as string)}`)})`;
    case "matches":
    case "not_matches":
      return `${negation}match(${name}, ${valueText(value as Scalar)})`;
    case "in":
      return `${name} in [${(value as Scalar[]).map(valueText).join(", ")}]`;
    case "not_in":
      return `!(${name} in [${(value as Scalar[]).map(valueText).join(", ")}])`;
    default:
      return `${name} ${COMPARISONS[operator]} ${valueText(value as Scalar)}`;
  }
}

const escaped = (text: string): string => text.replace(/[*?[\\]/g, "\\$&");

function keyText(key: string, index: number): string {
  const text = key.replace(/[^\w-]/g, "\\$&");
  // The first character of all must be a letter, or be protected.
  return index === 0 && /^[\d-]/.test(text) ? `\\${text}` : text;
}

/** A backslash protects what follows, so it cannot be the last of a text. */
const isWritable = (text: string): boolean => !/(?:^|[^\\])(?:\\\\)*\\$/.test(text);

function valueText(value: Scalar): string {
  if (typeof value !== "string") return String(value);
  for (const quote of ['"', "'"]) {
    const written = `${quote}${value}${quote}`;
    if (isSame(written, value)) return written;
  }
  return `"${value.replaceAll('"', '\\"')}"`;
}

function isSame(written: string, value: string): boolean {
  try {
    const [operator, read] = parse(`x = ${written}`)[2] as Tree;
    return operator === "is" && read === value;
  } catch {
    return false;
  }
}

/** Returns the path as people write it: `properties.total`. */
export const shownPath = (path: readonly string[]): string => path.map(keyText).join(".");

/** Returns the keys of a path that somebody typed; a backslash protects a dot. */
export function typedPath(text: string): string[] {
  const keys = text
    .trim()
    .replace(/^\$\./, "")
    .match(/(?:[^.\\]|\\[\s\S])+/g);
  return (keys ?? []).map((key) => key.trim().replace(/\\([\s\S])/g, "$1"));
}
