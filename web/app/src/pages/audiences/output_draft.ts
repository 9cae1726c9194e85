/** How a destination is told, while somebody fills it in. */

import type { Output, Subject, Told } from "./queries";

export type Call = Output["sends"][number];
export type Draft = Told;

/** Returns the calls that can tell of users, or of accounts. */
export const callsOf = (type: Subject): readonly Call[] =>
  type === "USERS" ? ["identify", "track"] : ["group", "identify"];

/** Returns what a new destination begins with. */
export const newDraft = (type: Subject): Draft => ({
  sends: [type === "USERS" ? "identify" : "group"],
  enteredEvent: "Audience Entered",
  exitedEvent: "Audience Exited",
  computedEvent: "Trait Computed",
  perSecondMax: null,
});

/** Returns how a destination is told now. */
export const draftOf = (output: Output): Draft => ({
  sends: output.sends,
  enteredEvent: output.enteredEvent,
  exitedEvent: output.exitedEvent,
  computedEvent: output.computedEvent,
  perSecondMax: output.perSecondMax,
});

/** Returns whether nothing is left to be filled in. */
export const isWhole = ({ sends, enteredEvent, exitedEvent, computedEvent }: Draft): boolean =>
  sends.length > 0 &&
  (!sends.includes("track") ||
    [enteredEvent, exitedEvent, computedEvent].every((name) => name.trim() !== ""));

export const isSame = (one: Draft, other: Draft): boolean =>
  [...one.sends].sort().join() === [...other.sends].sort().join() &&
  one.enteredEvent === other.enteredEvent &&
  one.exitedEvent === other.exitedEvent &&
  one.computedEvent === other.computedEvent &&
  one.perSecondMax === other.perSecondMax;

/** How its parts are called where two versions of it are compared. */
export const DRAFT_LABELS = {
  sends: "What is sent",
  enteredEvent: "Event when somebody gets in",
  exitedEvent: "Event when somebody leaves",
  computedEvent: "Name of the event",
  perSecondMax: "At most so many a second",
} as const;
