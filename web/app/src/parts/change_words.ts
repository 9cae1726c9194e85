/** What somebody did, in words. */

import type { components } from "../api/schema";

type Entry = Pick<
  components["schemas"]["AuditEntryShape"],
  "change" | "kind" | "objectId" | "objectName"
>;

const THINGS: Record<string, string> = {
  // The API calls a connection a destination, as Segment does.
  connection: "destination",
  token: "API token",
};
/** What the log has from the end of a path. */
const DEEDS: Record<string, string> = {
  pause: "paused",
  resume: "resumed",
  recompute: "computed again",
  "dead letters retry": "sent dead letters again of",
  "dead letters deleted": "discarded dead letters of",
  "sign-in refused": "was refused at sign-in",
};

/**
 * Returns what somebody did, without who: "changed the source shop", "signed in".
 *
 * @param names Of destinations, by id: of what was done to deliveries the log has only that.
 */
export function changeInWords(
  { change, kind, objectId, objectName }: Entry,
  names?: ReadonlyMap<string, string>,
): string {
  const deed = DEEDS[change] ?? change;
  if (kind === "session") {
    // Who signed in or out is named before it.
    return change === "sign-in refused" && objectName ? `${deed}: ${objectName}` : deed;
  }
  const thing = THINGS[kind] ?? kind.replaceAll(/[_-]/g, " ");
  // The address of a request is no name.
  const name = objectName.startsWith("/") ? names?.get(objectId) : objectName;
  return name
    ? `${deed} the ${thing} ${name}`
    : `${deed} ${/^[aeiou]/i.test(thing) ? "an" : "a"} ${thing}`;
}
