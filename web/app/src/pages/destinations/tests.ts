/** The events and places with which a destination is tried. */

import type { Destination } from "./queries";

export const TESTS = ["track", "identify", "page", "group"] as const;
export type TestType = (typeof TESTS)[number];

const MORE: Record<TestType, Record<string, unknown>> = {
  track: { event: "Test Event", properties: { sentFrom: "Crossdock" } },
  identify: { traits: { name: "Test User", email: "test-user@example.com" } },
  page: { name: "Test Page", properties: { url: "https://example.com/test", path: "/test" } },
  group: { groupId: "test-group", traits: { name: "Test Group" } },
};

/** Returns an event that nobody takes for one of a real person. */
export function testEvent(type: TestType, at: Date, id: string): Record<string, unknown> {
  return {
    type,
    messageId: `test-${id}`,
    userId: "test-user",
    anonymousId: "test-anonymous",
    timestamp: at.toISOString(),
    context: { library: { name: "crossdock-app" } },
    ...MORE[type],
  };
}

/** Returns the type that the destination's presets ask for; track, if they take it. */
export function firstTest(metadata: Pick<Destination["metadata"], "presets">): TestType {
  const triggers = metadata.presets.map((preset) => preset.trigger);
  return TESTS.find((type) => triggers.some((one) => one.includes(`"${type}"`))) ?? "track";
}

/** Returns the page of the sandbox vendor that the settings lead to; null if they do not. */
export function sandboxOf(settings: Readonly<Record<string, unknown>>): string | null {
  for (const value of Object.values(settings)) {
    const vendor = /\/sandbox\/([a-z]+)(\/|$)/.exec(String(value))?.[1];
    if (vendor) return `/sandbox/${vendor}/`;
  }
  return null;
}

/** Returns the demo shop as a page of the source with this write key. */
export const shopFor = (writeKey: string): string =>
  `/demo/?writeKey=${encodeURIComponent(writeKey)}`;
