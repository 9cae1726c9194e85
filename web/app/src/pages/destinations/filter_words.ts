/** What a filter does, in words, and as a form has it. */

import type { components } from "../../api/schema";

export type Action = components["schemas"]["FilterActionShape"];
export type ActionType = Action["type"];
type Json = Record<string, unknown>;

/** What stands at the top of an event and can be named in a filter of properties. */
const ROOTS = ["properties", "traits", "context"] as const;

export const ACTION_WORDS: Record<ActionType, string> = {
  DROP: "Drop the event",
  SAMPLE: "Keep only a share",
  DROP_PROPERTIES: "Remove properties",
  ALLOW_PROPERTIES: "Keep only these properties",
};

/** An action while it is edited: every field is there, whatever the type. */
export interface Draft {
  type: ActionType;
  percent: number;
  path: string;
  names: string[];
}

export const NEW_DRAFT: Draft = { type: "DROP", percent: 10, path: "", names: [] };

/** Returns the form of an action. */
export function draftOf(action: Action): Draft {
  return {
    type: action.type,
    percent: Math.round((action.percent ?? 0.1) * 10_000) / 100,
    path: action.path ?? "",
    names: namesOf(action.fields ?? {}),
  };
}

/** Returns the action of a form. */
export function actionOf(draft: Draft): Action {
  switch (draft.type) {
    case "DROP":
      return { type: "DROP" };
    case "SAMPLE":
      return {
        type: "SAMPLE",
        percent: draft.percent / 100,
        ...(draft.path.trim() ? { path: draft.path.trim() } : {}),
      };
    default:
      return { type: draft.type, fields: fieldsOf(draft.names) };
  }
}

/** Returns `properties.email` for `{properties: ["email"]}`. */
export function namesOf(fields: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(fields).flatMap(([root, names]) => names.map((name) => `${root}.${name}`));
}

/** Returns the other way round; a name without a root is one of the properties. */
export function fieldsOf(names: readonly string[]): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  for (const written of names) {
    const name = written.trim();
    const root = ROOTS.find((one) => name.startsWith(`${one}.`));
    const inner = root ? name.slice(root.length + 1) : name;
    if (!inner) continue;
    const list = fields[root ?? "properties"] ?? [];
    if (!list.includes(inner)) list.push(inner);
    fields[root ?? "properties"] = list;
  }
  return fields;
}

/** Returns what an action does, as a sentence has it. */
export function inWords(action: Action): string {
  const names = namesOf(action.fields ?? {}).join(", ");
  switch (action.type) {
    case "DROP":
      return "Drops the event";
    case "SAMPLE":
      return `Keeps ${Math.round((action.percent ?? 0) * 10_000) / 100} %${action.path ? `, the same for the same ${action.path}` : ""}`;
    case "DROP_PROPERTIES":
      return `Removes ${names}`;
    default:
      return `Keeps only ${names}`;
  }
}

/** Returns the paths that the first has and the second has not. */
export function removedPaths(before: unknown, after: unknown, at = ""): string[] {
  if (!isObject(before)) return [];
  return Object.entries(before).flatMap(([key, value]) => {
    const path = at ? `${at}.${key}` : key;
    if (!isObject(after) || !(key in after)) return [path];
    return removedPaths(value, after[key], path);
  });
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns what one calls an event in a list. */
export function eventTitle(event: Json): string {
  const name = event.event ?? event.name;
  return typeof name === "string" && name ? `${event.type}: ${name}` : String(event.type);
}
