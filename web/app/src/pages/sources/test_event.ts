/** Sends an event as a page or server would: through the tracking API of this server. */

import { ApiError, Unreachable } from "../../api/errors";

interface Verdict {
  success: boolean;
  message?: string;
  events?: { messageId: string; accepted: boolean; message?: string }[];
}

/**
 * Returns the messageId that the event got.
 *
 * Throws an `ApiError` that says why it was not accepted.
 */
export async function sendTestEvent(writeKey: string): Promise<string> {
  const event = {
    writeKey,
    userId: "test-user",
    event: "Test Event",
    properties: { sentFrom: "Crossdock" },
    context: { library: { name: "crossdock-app" } },
    timestamp: new Date().toISOString(),
  };
  let answer: Response;
  try {
    answer = await fetch("/v1/track", {
      method: "POST",
      // The tracking API is told by the write key who sends, and by nothing else.
      credentials: "omit",
      headers: { "content-type": "application/json", "x-crossdock-strict": "true" },
      body: JSON.stringify(event),
    });
  } catch {
    throw new Unreachable();
  }
  const verdict = (await answer.json().catch(() => null)) as Verdict | null;
  const messageId = verdict?.events?.[0]?.messageId;
  if (answer.ok && messageId) return messageId;
  const what = verdict?.message ?? `The server answered ${answer.status}.`;
  throw new ApiError(answer.status, [
    {
      type: "test_event_refused",
      message: what,
      data: { what, do: "Correct it, and send again." },
    },
  ]);
}
