/** What a person pastes to send the first event: with this host and this write key filled in. */

import type { Language } from "../../parts/highlight";

export interface Place {
  host: string;
  writeKey: string;
}

export interface Instruction {
  id: string;
  label: string;
  /** Steps in order: what to do, and what to paste. */
  steps: { text: string; code: string; language: Language; label: string }[];
}

/** Returns a text as the shell takes it, whatever is in it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const literal = (text: string): string => JSON.stringify(text);

/** Returns how to send from each place, the one that fits the type of source first. */
export function instructions(place: Place, snippet: string, typeId: string): Instruction[] {
  const all = [browser(place, snippet), node(place), python(place), curl(place)];
  const first = { javascript: "browser", "node.js": "node", python: "python" }[typeId];
  const wanted = first ?? "curl";
  return [...all.filter((one) => one.id === wanted), ...all.filter((one) => one.id !== wanted)];
}

function browser({ host, writeKey }: Place, snippet: string): Instruction {
  return {
    id: "browser",
    label: "Browser",
    steps: [
      {
        text: "Paste this into the <head> of every page. It loads Analytics.js from this server and counts a page view.",
        code: snippet,
        language: "html",
        label: "the snippet",
      },
      {
        text: "Or, with Analytics.js from npm:",
        code: `import { AnalyticsBrowser } from "@segment/analytics-next";

export const analytics = AnalyticsBrowser.load({
  writeKey: ${literal(writeKey)},
  cdnURL: ${literal(host)},
});
analytics.page();`,
        language: "javascript",
        label: "the code for npm",
      },
      {
        text: "Then tell it what people do:",
        code: `analytics.identify("user-1", { email: "ann@example.com", plan: "pro" });
analytics.track("Order Completed", { total: 12.5 });`,
        language: "javascript",
        label: "example calls",
      },
    ],
  };
}

function node({ host, writeKey }: Place): Instruction {
  return {
    id: "node",
    label: "Node",
    steps: [
      {
        text: "Install the library:",
        code: "npm install @segment/analytics-node",
        language: "shell",
        label: "the command",
      },
      {
        text: "Send an event:",
        code: `import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({
  writeKey: ${literal(writeKey)},
  host: ${literal(host)},
});

analytics.track({
  userId: "user-1",
  event: "Order Completed",
  properties: { total: 12.5 },
});
await analytics.closeAndFlush();`,
        language: "javascript",
        label: "the code for Node",
      },
    ],
  };
}

function python({ host, writeKey }: Place): Instruction {
  return {
    id: "python",
    label: "Python",
    steps: [
      {
        text: "Install the library:",
        code: "pip install segment-analytics-python",
        language: "shell",
        label: "the command",
      },
      {
        text: "Send an event:",
        code: `import segment.analytics as analytics

analytics.write_key = ${literal(writeKey)}
analytics.host = ${literal(host)}

analytics.track("user-1", "Order Completed", {"total": 12.5})
analytics.shutdown()`,
        language: "python",
        label: "the code for Python",
      },
    ],
  };
}

function curl({ host, writeKey }: Place): Instruction {
  const event = {
    writeKey,
    userId: "user-1",
    event: "Order Completed",
    properties: { total: 12.5 },
  };
  return {
    id: "curl",
    label: "curl",
    steps: [
      {
        text: "Send an event. The header asks for a verdict: without it, a message that can never be right is answered with 200, as Segment does.",
        code: `curl ${quoted(`${host}/v1/track`)} \\
  -H 'content-type: application/json' \\
  -H 'x-crossdock-strict: true' \\
  -d ${quoted(JSON.stringify(event))}`,
        language: "shell",
        label: "the command",
      },
    ],
  };
}

// What the server adds, and what would make the copy a duplicate of the original.
const STAMPS = new Set(
  "messageId receivedAt sentAt timestamp originalTimestamp version type writeKey".split(" "),
);

/** Returns the command that sends the event once more, as a new one that happens now. */
export function asCurl(
  event: Readonly<Record<string, unknown>>,
  { host, writeKey }: Place,
): string {
  const kept = Object.entries(event).filter(([key]) => !STAMPS.has(key));
  const body = { writeKey, ...Object.fromEntries(kept) };
  return `curl ${quoted(`${host}/v1/${event.type}`)} \\
  -H 'content-type: application/json' \\
  -d ${quoted(JSON.stringify(body))}`;
}
