/** Why an event did not go on, in words. */

const WORDS: Record<string, string> = {
  "": "No reason was given",
  already_in_browser: "The page itself delivered it",
  circuit_open: "The destination kept failing",
  connection_deleted: "The destination was deleted",
  connection_disabled: "The destination was disabled",
  dead_letter_discarded: "Somebody discarded the dead letter",
  destination_disabled: "The destination was disabled",
  duplicate: "Its messageId came before",
  filter: "A filter held it back",
  integrations: "The event's own integrations leave it out",
  no_connection: "The source has no destination",
  replay_filter: "The condition of the replay does not match",
  required_field_missing: "A required field of the mapping is empty",
  required_setting_missing: "A required setting is empty",
  timeout: "No answer in time",
  trigger: "No mapping is triggered by it",
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
