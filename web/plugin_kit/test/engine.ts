/**
 * What Segment's own engine made of a condition, for telling where it departs from its documentation.
 *
 * A vector holds the tree that the engine read. It counts as read as documented when it is the tree
 * that the documentation's rules give, and when each of its leaves means the same for the event.
 */

import { matches, type Tree } from "../src/fql.js";

export interface Node {
  type: string;
  operator: string;
  name?: string;
  value?: unknown;
  children?: Node[];
}

const PARTS: Record<string, string[]> = {
  "event-type": ["type"],
  event: ["event"],
  name: ["name"],
  userId: ["userId"],
  "event-property": ["properties"],
  "event-trait": ["traits"],
  "event-context": ["context"],
};

function pathOf(node: Node): string[] {
  const keys = (node.name ?? "").match(/(?:\\[\s\S]|[^.\\])+/g) ?? [];
  return [...(PARTS[node.type] ?? []), ...keys.map((key) => key.replace(/\\([\s\S])/g, "$1"))];
}

/** Returns the engine's tree in the words of the documentation. */
function documented(node: Node): Tree {
  if (node.type === "group") {
    const children = (node.children ?? []).filter(Boolean).map(documented);
    return children.length === 1 ? (children[0] as Tree) : [node.operator, ...children];
  }
  const path: Tree = ["path", ...pathOf(node)];
  const value: Tree = ["is", node.value];
  switch (node.operator) {
    case "exists":
      return ["!=", path, ["is", null]];
    case "not_exists":
      return ["=", path, ["is", null]];
    case "is_true":
      return ["=", path, ["is", true]];
    case "is_false":
      return ["=", path, ["is", false]];
    case "number_equals":
      return ["=", path, value];
    case "number_not_equals":
      return ["!=", path, value];
    case "contains":
      return ["contains", path, value];
    case "not_contains":
      return ["!", ["contains", path, value]];
    case "starts_with":
      return ["match", path, ["is", `${node.value}*`]];
    case "ends_with":
      return ["match", path, ["is", `*${node.value}`]];
    case "not_starts_with":
      return ["!", ["match", path, ["is", `${node.value}*`]]];
    case "not_ends_with":
      return ["!", ["match", path, ["is", `*${node.value}`]]];
    default:
      return [node.operator, path, value];
  }
}

/** Returns the tree with groups of the same word merged, which no result depends on. */
function flat(tree: Tree): Tree {
  const [word, ...parts] = tree;
  if (word !== "and" && word !== "or") return tree;
  const merged = (parts as Tree[])
    .map(flat)
    .flatMap((part) => (part[0] === word ? (part.slice(1) as Tree[]) : [part]));
  return [word, ...merged];
}

function engineLeaf(node: Node, event: unknown): boolean {
  // The engine stops at the first falsy value of a path, and takes that for the value.
  const actual = pathOf(node).reduce<unknown>(
    (held, key) => (held ? (held as Record<string, unknown>)[key] : held),
    event,
  );
  const { value, operator } = node;
  const isText = typeof actual === "string";
  switch (operator) {
    case "=":
      return isText && actual === String(value);
    case "!=":
      return !(isText && actual === String(value));
    case "number_equals":
      return actual === value;
    case "number_not_equals":
      return typeof actual === "number" && actual !== value;
    case "<":
      return typeof actual === "number" && actual < Number(value);
    case "<=":
      return typeof actual === "number" && actual <= Number(value);
    case ">":
      return typeof actual === "number" && actual > Number(value);
    case ">=":
      return typeof actual === "number" && actual >= Number(value);
    case "contains":
      return isText && actual.includes(String(value));
    case "not_contains":
      return isText && !actual.includes(String(value));
    case "starts_with":
      return isText && actual.startsWith(String(value));
    case "not_starts_with":
      return isText && !actual.startsWith(String(value));
    case "ends_with":
      return isText && actual.endsWith(String(value));
    case "not_ends_with":
      return isText && !actual.endsWith(String(value));
    case "exists":
      return actual !== null && actual !== undefined;
    case "not_exists":
      return actual === null || actual === undefined;
    case "is_true":
      return actual === true;
    case "is_false":
      return actual === false;
    default:
      return false;
  }
}

function leaves(node: Node): Node[] {
  return node.type === "group" ? (node.children ?? []).filter(Boolean).flatMap(leaves) : [node];
}

/** Returns whether the engine read the condition, and decides on the event, as documented. */
export function readsAsDocumented(engine: Node, read: Tree, event: unknown): boolean {
  if (JSON.stringify(flat(documented(engine))) !== JSON.stringify(flat(read))) return false;
  return leaves(engine).every(
    (leaf) => engineLeaf(leaf, event) === matches(documented(leaf), event),
  );
}
