/** Why an event did not go on, in words. */

/** The page gave the event to the vendor itself, so that this server did not. */
export const BY_BROWSER = "already_in_browser";

const WORDS: Record<string, string> = {
  "": "No reason was given",
  [BY_BROWSER]: "Sent by the browser",
  circuit_open: "The destination kept failing",
  connection_deleted: "The destination was deleted",
  connection_disabled: "The destination was disabled",
  dead_letter_discarded: "Somebody discarded the dead letter",
  destination_disabled: "The destination was disabled",
  duplicate: "Duplicate messageId",
  filter: "Dropped by a filter",
  integrations: "Excluded by the event's integrations object",
  no_connection: "The source has no destination",
  replay_filter: "Does not match the replay's condition",
  required_field_missing: "A required field of the mapping is empty",
  required_setting_missing: "A required setting is empty",
  timeout: "No answer in time",
  trigger: "No mapping's trigger matches",
};
const STATUS = /^errors\.(discarded|retry|rejected|needs_attention)\.?(\d{3})?$/;

/** Returns what a reason means; a code that is not known stays as it is, a little more readable. */
export function reasonInWords(code: string | null | undefined): string {
  const known = WORDS[code ?? ""];
  if (known) return known;
  const status = STATUS.exec(code ?? "")?.[2];
  if (status) return `The destination answered ${status}`;
  const words = (code ?? "").replaceAll(/[._]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
