/** What the builder edits, as the API takes it, and what can be done with it. */

export type Unit = "seconds" | "minutes" | "hours" | "days";
export type Sign = "=" | "!=" | ">" | ">=" | "<" | "<=";
export type Value = string | number | boolean;
export type Match = "all" | "any";

export interface Span {
  amount: number;
  unit: Unit;
}

export type Window =
  | { kind: "last"; span: Span }
  | { kind: "between"; start: Span; end: Span }
  | { kind: "session"; span: Span };

export interface Compared {
  path: string;
  comparison: string;
  values: (Value | { parent: string })[];
  span: Span | null;
  negated: boolean;
}

export interface Filter extends Compared {
  kind: "filter";
  of: "property" | "context" | "trait";
}

export interface Filters {
  match: Match;
  filters: Filter[];
}

export interface FollowedBy {
  event: string;
  sign: Sign;
  count: number;
  where: Filters;
  window: Window | null;
}

export interface EventCondition {
  kind: "event";
  event: string;
  sign: Sign;
  count: number;
  where: Filters;
  window: Window | null;
  excluded_sources: string[];
  followed_by: FollowedBy | null;
  negated: boolean;
}

export interface TraitCondition extends Compared {
  kind: "trait";
}

export interface AudienceCondition {
  kind: "audience";
  key: string;
  negated: boolean;
}

export interface Group {
  kind: "group";
  match: Match;
  conditions: Condition[];
  negated: boolean;
}

export interface UsersCondition {
  kind: "users";
  quantifier: "any" | "all" | "none";
  condition: Condition;
  negated: boolean;
}

export type Condition =
  | EventCondition
  | TraitCondition
  | AudienceCondition
  | Group
  | UsersCondition;

export interface ComputedTrait {
  kind: "computed_trait";
  event: string;
  reducer: string;
  of: string | null;
  value_type: "number" | "string" | null;
  frequency_min: number | null;
  where: Filters;
  window: Window | null;
  excluded_sources: string[];
}

export const NO_FILTERS: Filters = { match: "all", filters: [] };

export const newEvent = (): EventCondition => ({
  kind: "event",
  event: "",
  sign: ">=",
  count: 1,
  where: NO_FILTERS,
  window: { kind: "last", span: { amount: 30, unit: "days" } },
  excluded_sources: [],
  followed_by: null,
  negated: false,
});

export const newTrait = (): TraitCondition => ({
  kind: "trait",
  path: "",
  comparison: "equals",
  values: [""],
  span: null,
  negated: false,
});

export const newAudience = (): AudienceCondition => ({ kind: "audience", key: "", negated: false });

export const newUsers = (): UsersCondition => ({
  kind: "users",
  quantifier: "any",
  condition: newEvent(),
  negated: false,
});

export const newGroup = (conditions: Condition[] = [], match: Match = "all"): Group => ({
  kind: "group",
  match,
  conditions,
  negated: false,
});

export const newFilter = (): Filter => ({
  kind: "filter",
  of: "property",
  path: "",
  comparison: "equals",
  values: [""],
  span: null,
  negated: false,
});

export const newFollowedBy = (): FollowedBy => ({
  event: "",
  sign: ">=",
  count: 1,
  where: NO_FILTERS,
  window: { kind: "last", span: { amount: 7, unit: "days" } },
});

export const newComputedTrait = (): ComputedTrait => ({
  kind: "computed_trait",
  event: "",
  reducer: "count",
  of: null,
  value_type: null,
  frequency_min: null,
  where: NO_FILTERS,
  window: null,
  excluded_sources: [],
});

/** Returns it as the group that the builder begins with. */
export function rootOf(condition: Condition): Group {
  return condition.kind === "group" && !condition.negated ? condition : newGroup([condition]);
}

/** Returns the group without groups around a single condition, which say nothing. */
export function plain(condition: Condition): Condition {
  if (condition.kind === "users") return { ...condition, condition: plain(condition.condition) };
  if (condition.kind !== "group") return condition;
  const [only, ...others] = condition.conditions;
  if (only && others.length === 0 && !(condition.negated && only.negated)) {
    return plain({ ...only, negated: only.negated || condition.negated } as Condition);
  }
  return { ...condition, conditions: condition.conditions.map(plain) };
}

export const hasNoValue = (comparison: string): boolean => /^(exists|absent)$/.test(comparison);
export const hasSpan = (comparison: string): boolean =>
  /^(within_last|within_next|before_last|after_next)$/.test(comparison);
export const hasList = (comparison: string): boolean =>
  /^(contains|one_of|none_of)$/.test(comparison);
export const isDate = (comparison: string): boolean => /^(before|after)_date$/.test(comparison);

export const COMPARISONS: readonly { group: string; items: { value: string; label: string }[] }[] =
  [
    {
      group: "Any value",
      items: [
        { value: "equals", label: "equals" },
        { value: "differs", label: "does not equal" },
        { value: "exists", label: "exists" },
        { value: "absent", label: "does not exist" },
        { value: "one_of", label: "is one of" },
        { value: "none_of", label: "is none of" },
      ],
    },
    {
      group: "Numbers",
      items: [
        { value: "greater_than", label: "is more than" },
        { value: "at_least", label: "is at least" },
        { value: "less_than", label: "is less than" },
        { value: "at_most", label: "is at most" },
      ],
    },
    {
      group: "Texts",
      items: [
        { value: "contains", label: "contains" },
        { value: "omits", label: "does not contain" },
        { value: "starts_with", label: "starts with" },
        { value: "ends_with", label: "ends with" },
      ],
    },
    {
      group: "Dates",
      items: [
        { value: "before_date", label: "is before" },
        { value: "after_date", label: "is after" },
        { value: "within_last", label: "was within the last" },
        { value: "before_last", label: "was longer ago than" },
        { value: "within_next", label: "is within the next" },
        { value: "after_next", label: "is further off than" },
      ],
    },
  ];

/** Returns it with another comparison, and as much of what was filled in as still fits. */
export function compared<Kind extends Compared>(one: Kind, comparison: string): Kind {
  if (hasNoValue(comparison)) return { ...one, comparison, values: [], span: null };
  if (hasSpan(comparison)) {
    return { ...one, comparison, values: [], span: one.span ?? { amount: 30, unit: "days" } };
  }
  const values = one.values.filter((value) => value !== "");
  return {
    ...one,
    comparison,
    span: null,
    values: hasList(comparison) ? values.filter((v) => typeof v !== "object") : [values[0] ?? ""],
  };
}

/** Returns what somebody typed, as a number or truth value if it looks like one. */
export function typedValue(text: string): Value {
  if (/^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && text.length < 16) return Number(text);
  return text === "true" ? true : text === "false" ? false : text;
}

/** Returns what is still to be filled in, in words; null if it is complete. */
export function missing(condition: Condition): string | null {
  switch (condition.kind) {
    case "event":
      return (
        missingOfEvent(condition) ??
        (condition.followed_by
          ? (missingOfEvent(condition.followed_by)?.replace(
              "the event",
              "the event that follows",
            ) ?? null)
          : null)
      );
    case "trait":
      return missingOfCompared(condition, "the trait");
    case "audience":
      return condition.key ? null : "Choose the audience.";
    case "users":
      return missing(condition.condition);
    case "group":
      if (condition.conditions.length === 0) return "Add a condition.";
      return condition.conditions.map(missing).find((found) => found !== null) ?? null;
  }
}

export function missingOfComputed(one: ComputedTrait): string | null {
  if (one.reducer !== "count" && !one.of) {
    return one.event ? "Choose the property to compute with." : "Choose the event.";
  }
  return missingOfEvent({ ...one, count: 1 });
}

function missingOfEvent({
  event,
  where,
  window,
  count,
}: Pick<EventCondition, "event" | "where" | "window" | "count">): string | null {
  if (!event.trim()) return "Choose the event.";
  if (!Number.isFinite(count)) return "Say how many times.";
  for (const filter of where.filters) {
    const found = missingOfCompared(
      filter,
      filter.of === "property" ? "the property" : filter.of === "trait" ? "the trait" : "the path",
    );
    if (found) return found;
  }
  if (window?.kind === "between" && seconds(window.start) >= seconds(window.end)) {
    return "Between: the first time has to be the shorter one.";
  }
  return null;
}

function missingOfCompared(one: Compared, what: string): string | null {
  if (!one.path.trim()) return `Choose ${what}.`;
  if (hasNoValue(one.comparison) || hasSpan(one.comparison)) return null;
  const [value] = one.values;
  const isEmpty =
    value === undefined || value === "" || (typeof value === "object" && !value.parent);
  return isEmpty ? `Say what ${one.path} is compared with.` : null;
}

const UNIT_SECONDS: Record<Unit, number> = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };
const seconds = ({ amount, unit }: Span): number => amount * UNIT_SECONDS[unit];

const SIGN_WORDS: Record<Sign, string> = {
  ">=": "at least",
  "=": "exactly",
  "<=": "at most",
  ">": "more than",
  "<": "fewer than",
  "!=": "any number but",
};
export const SIGNS = Object.entries(SIGN_WORDS).map(([value, label]) => ({ value, label }));

/** Returns a name for who has not thought of one: "Order Completed, last 30 days". */
export function suggestedName(condition: Condition): string {
  const first = condition.kind === "group" ? condition.conditions[0] : condition;
  if (first?.kind !== "event" || !first.event) return "";
  return `${first.negated ? "No " : ""}${first.event}${windowName(first.window)}`;
}

/** Returns how a window is called behind a name: " Last 30 Days"; "" for any other. */
export const windowName = (window: Window | null): string =>
  window?.kind === "last" ? ` Last ${window.span.amount} ${capital(window.span.unit)}` : "";

/** Returns the key that the server will make of a name; "" if it has no Latin letter or digit. */
export const keyOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
