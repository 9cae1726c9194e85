/** What can be asked for about people, in words. */

export type Asked = "SUPPRESS_WITH_DELETE" | "DELETE_ONLY" | "SUPPRESS_ONLY" | "UNSUPPRESS";

export const WORDS: Record<Asked, { label: string; hint: string }> = {
  SUPPRESS_WITH_DELETE: {
    label: "Delete and suppress",
    hint: "Deletes what is known, and refuses what still comes.",
  },
  DELETE_ONLY: { label: "Delete", hint: "If they come back, they are somebody new." },
  SUPPRESS_ONLY: { label: "Suppress", hint: "Refuses what comes from now on; nothing is deleted." },
  UNSUPPRESS: { label: "Lift the suppression", hint: "Takes their events again." },
};

/** Returns the user ids of a text with one a line, or with commas, each once. */
export function idsOf(text: string): string[] {
  return [
    ...new Set(
      text
        .split(/[\n,]/)
        .map((one) => one.trim())
        .filter(Boolean),
    ),
  ];
}
