/** What can be chosen in a condition, and what a choice makes of it. Pure. */

import {
  type Condition,
  type Group,
  hasList,
  hasNoValue,
  type Item,
  type Operator,
  type Scalar,
} from "./model";

export type Subject =
  | "type"
  | "event"
  | "name"
  | "userId"
  | "properties"
  | "traits"
  | "context"
  | "other";

export const SUBJECTS: { value: Subject; label: string }[] = [
  { value: "type", label: "Event type" },
  { value: "event", label: "Event name" },
  { value: "properties", label: "Event property" },
  { value: "traits", label: "Trait" },
  { value: "context", label: "Context" },
  { value: "name", label: "Page name" },
  { value: "userId", label: "User ID" },
  { value: "other", label: "Other part" },
];

export const CALL_TYPES = [
  { value: "track", label: "Track" },
  { value: "identify", label: "Identify" },
  { value: "page", label: "Page" },
  { value: "screen", label: "Screen" },
  { value: "group", label: "Group" },
  { value: "alias", label: "Alias" },
];

const ALL: Operator[] = [
  ...(["is", "is_not", "contains", "not_contains", "starts", "not_starts", "ends"] as const),
  ...(["not_ends", "matches", "not_matches", "exists", "not_exists", "less", "at_most"] as const),
  ...(["more", "at_least", "in", "not_in"] as const),
];
const OF_TYPE: Operator[] = ["is", "is_not", "in", "not_in"];

/** Returns what a path is about; with `typed`, what stands behind the first key. */
export function subjectOf(path: readonly string[]): Subject {
  const [first = "", ...rest] = path;
  if (/^(properties|traits|context)$/.test(first) && rest.length > 0) return first as Subject;
  return /^(type|event|name|userId)$/.test(first) && rest.length === 0
    ? (first as Subject)
    : "other";
}

/** Returns the operators that make sense; the one that stands there always does. */
export const operatorsOf = (subject: Subject, current: Operator): Operator[] => {
  const operators = subject === "type" ? OF_TYPE : ALL;
  return operators.includes(current) ? operators : [...operators, current];
};

/** Returns a new condition; the first of a trigger is about the type. */
export function newCondition(group: Group): Condition {
  const hasType = group.items.some((item) => item.kind === "condition" && item.path[0] === "type");
  return hasType
    ? { kind: "condition", path: ["event"], operator: "is", value: "" }
    : { kind: "condition", path: ["type"], operator: "is", value: "track" };
}

/** Returns the condition about something else. */
export function withSubject(condition: Condition, subject: Subject): Condition {
  if (subject === "type") {
    return { ...condition, path: ["type"], operator: "is", value: "track" };
  }
  const path = /^(properties|traits|context)$/.test(subject) ? [subject, ""] : [subject];
  const wasType = condition.path[0] === "type" && condition.path.length === 1;
  return {
    ...condition,
    path: subject === "other" ? [] : path,
    ...(wasType ? { operator: "is" as const, value: "" } : {}),
  };
}

/** Returns the condition with another operator, and its value in the shape that it takes. */
export function withOperator(condition: Condition, operator: Operator): Condition {
  const { value } = condition;
  const one = (Array.isArray(value) ? value[0] : value) as Scalar | undefined | null;
  if (hasNoValue(operator)) return { ...condition, operator, value: null };
  if (hasList(operator)) {
    const list = Array.isArray(value) ? value : one === null || one === "" ? [] : [one];
    return { ...condition, operator, value: list as Scalar[] };
  }
  if (/^(less|at_most|more|at_least)$/.test(operator)) {
    return { ...condition, operator, value: typeof one === "number" ? one : Number(one) || 0 };
  }
  if (/^is/.test(operator)) return { ...condition, operator, value: one ?? "" };
  return { ...condition, operator, value: String(one ?? "") };
}

/** Returns the list with what was changed at a place; undefined takes it out. */
export function changedAt(group: Group, at: number, item: Item | undefined): Group {
  const items = group.items.flatMap((each, index) => (index !== at ? [each] : item ? [item] : []));
  return { ...group, items };
}
