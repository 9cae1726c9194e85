/** What to call somebody, and where they are shown. */

import type { components } from "../../api/schema";

type Profile = components["schemas"]["ProfileShape"];

const ORDER = ["user_id", "email", "anonymous_id"];

/** Returns the identifiers that say most first. */
export function identifiersInOrder<One extends { type: string }>(all: readonly One[]): One[] {
  const rank = ({ type }: One) => (ORDER.includes(type) ? ORDER.indexOf(type) : ORDER.length - 1.5);
  return [...all].sort((a, b) => rank(a) - rank(b));
}

/** Returns how a person is called: by name, else by what is known best. */
export function nameOf({
  traits,
  identifiers,
  id,
}: Pick<Profile, "traits" | "identifiers" | "id">): string {
  const { name, firstName, lastName } = traits as Record<string, unknown>;
  if (typeof name === "string" && name.trim()) return name;
  const full = [firstName, lastName].filter((part) => typeof part === "string" && part).join(" ");
  return full || (identifiersInOrder(identifiers)[0]?.value ?? `Profile ${id}`);
}

/** Returns what else to say of somebody whose name is shown. */
export function detailOf(profile: Pick<Profile, "traits" | "identifiers" | "id">): string {
  const name = nameOf(profile);
  const ids = identifiersInOrder(profile.identifiers).filter(({ value }) => value !== name);
  return ids[0]?.value ?? "";
}

export const profileLink = (id: string): string => `/profiles/${encodeURIComponent(id)}`;
export const accountLink = (groupId: string): string => `/accounts/${encodeURIComponent(groupId)}`;

/** Returns a value of JSON for a line of text. */
export const shown = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value) ?? "");
