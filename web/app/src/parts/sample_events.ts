/** Events that are made up, to try things on. */

import type { RecentEvent } from "../api/recent_events";

const PERSON = { userId: "user-1", anonymousId: "anon-1" };
const CONTEXT = {
  page: {
    url: "https://shop.example/boots?size=42",
    path: "/boots",
    search: "?size=42",
    referrer: "https://search.example/",
    title: "Boots",
  },
  locale: "en-GB",
  ip: "203.0.113.7",
};
const TRAITS = { name: "Ann Smith", email: "ann@shop.example", plan: "pro" };

const sample = (type: string, more: Record<string, unknown>): RecentEvent => ({
  messageId: `sample-${type}`,
  receivedAt: "2030-01-01T12:00:00.000Z",
  type,
  name: typeof more.event === "string" ? more.event : ((more.name as string | undefined) ?? null),
  event: {
    type,
    messageId: `sample-${type}`,
    timestamp: "2030-01-01T12:00:00.000Z",
    ...PERSON,
    context: CONTEXT,
    ...more,
  },
});

/** Events that are made up, for as long as the source has none. */
export const SAMPLES: readonly RecentEvent[] = [
  sample("track", {
    event: "Order Completed",
    properties: {
      orderId: "1001",
      total: 129.9,
      currency: "EUR",
      products: [{ productId: "b-42", name: "Boots", price: 129.9, quantity: 1 }],
    },
  }),
  sample("identify", { traits: TRAITS }),
  sample("page", { name: "Boots", category: "Shop", properties: { ...CONTEXT.page } }),
  sample("group", { groupId: "team-1", traits: { name: "Smith Ltd", employees: 12 } }),
];
