/** A question's conditions as lines of text, which is how the workspace page edits them. */

export interface TraitCondition {
  name: string;
  operator: string;
  value?: unknown;
}

export interface EventCondition {
  name: string;
  count_min: number;
}

export interface Targeting {
  audience: "everyone" | "identified" | "anonymous";
  traits: TraitCondition[];
  events: EventCondition[];
  url_pattern: string;
  company_ids: string[];
}

export interface Draft {
  text: string;
  type: "text" | "choice" | "score";
  choices: string[];
  low_label: string;
  high_label: string;
  is_active: boolean;
  targeting: Targeting;
}

export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** `Order Completed >= 2`; without a number, once is enough. */
export function readEvent(line: string): EventCondition {
  const found = /^(.+?)\s*>=\s*(\d+)$/.exec(line);
  return { name: found?.[1] ?? line, count_min: Number(found?.[2] ?? 1) };
}

export function writeEvent({ name, count_min }: EventCondition): string {
  return count_min > 1 ? `${name} >= ${count_min}` : name;
}

/** `plan = Pro`, `mrr >= 100`, `is_admin exists`; throws with what is meant. */
export function readTrait(line: string): TraitCondition {
  const bare = /^(\S+)\s+(exists|missing)$/.exec(line);
  if (bare !== null) return { name: bare[1] ?? "", operator: bare[2] ?? "" };
  const found = /^(\S+?)\s*(!=|<=|>=|=|<|>)\s*(.*)$/.exec(line);
  if (found === null) throw new Error(`"${line}" is no condition. Write for example: plan = Pro`);
  return { name: found[1] ?? "", operator: found[2] ?? "", value: found[3] ?? "" };
}

export function writeTrait({ name, operator, value }: TraitCondition): string {
  const isBare = operator === "exists" || operator === "missing";
  return isBare ? `${name} ${operator}` : `${name} ${operator} ${String(value)}`;
}

/** What a question's row says about who is asked. */
export function describe({
  audience,
  events,
  traits,
  url_pattern,
  company_ids,
}: Targeting): string {
  const who = {
    everyone: "Everyone",
    identified: "Logged-in people",
    anonymous: "Anonymous visitors",
  }[audience];
  const parts = [
    events.length > 0 ? `after ${events.map(writeEvent).join(" and ")}` : "",
    traits.length > 0 ? `with ${traits.map(writeTrait).join(" and ")}` : "",
    url_pattern === "" ? "" : `on ${url_pattern}`,
    company_ids.length > 0 ? `in ${company_ids.join(" or ")}` : "",
  ].filter((part) => part !== "");
  return [who, ...parts].join(", ");
}
