/** What destinations were told, read from the events that told them. */

import type { components } from "../../api/schema";
import type { Computation } from "./queries";

type EventShape = components["schemas"]["EventShape"];

export interface Told {
  messageId: string;
  at: string;
  /** The user id, the anonymous id or the group id. */
  who: string;
  kind: "user_id" | "anonymous_id" | "group";
  call: string;
  /** Of a track. */
  event: string | null;
  value: unknown;
}

const part = (of: unknown, key: string): unknown =>
  typeof of === "object" && of !== null ? (of as Record<string, unknown>)[key] : undefined;

/** Returns those of the events that told one destination of one audience or computed trait. */
export function toldOf(
  events: readonly EventShape[],
  { id, key }: Pick<Computation, "id" | "key">,
  destinationId: string,
): Told[] {
  return events.flatMap(({ event, messageId, receivedAt, type, name }) => {
    const isAboutIt = part(part(event.context, "personas"), "computation_id") === id;
    if (!isAboutIt || part(event.integrations, destinationId) !== true) return [];
    const [kind, who] =
      type === "group"
        ? (["group", event.groupId] as const)
        : typeof event.userId === "string"
          ? (["user_id", event.userId] as const)
          : (["anonymous_id", event.anonymousId] as const);
    const value = part(type === "track" ? event.properties : event.traits, key) ?? null;
    return [
      { messageId, at: receivedAt, who: String(who), kind, call: type, event: name ?? null, value },
    ];
  });
}
