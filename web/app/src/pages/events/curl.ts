/** An event as a command that sends it once more. */

const KINDS = new Set(["identify", "track", "page", "screen", "group", "alias"]);
/** What the server adds itself, and would not take from outside. */
const ADDED = new Set(["receivedAt", "_metadata", "projectId", "version", "channel"]);

/**
 * Returns the command. Without the messageId: with it, the event would be a duplicate.
 *
 * @param event As it was accepted.
 * @param url Of this server.
 */
export function asCurl(event: Record<string, unknown>, url: string, writeKey: string): string {
  const kind = KINDS.has(String(event.type)) ? String(event.type) : "track";
  const body = Object.fromEntries(
    Object.entries(event).filter(([key]) => key !== "messageId" && !ADDED.has(key)),
  );
  const json = JSON.stringify(body, null, 2).replaceAll("'", "'\\''");
  return [
    `curl ${url}/v1/${kind} \\`,
    `  -u '${writeKey}:' \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d '${json}'`,
  ].join("\n");
}
