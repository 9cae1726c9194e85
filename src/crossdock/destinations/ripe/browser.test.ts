// @vitest-environment happy-dom
import type { Analytics, AnalyticsEvent } from "@crossdock/plugin-kit";
import { beforeEach, expect, test, vi } from "vitest";

const SERVED = {
  connectionId: "con_1",
  reportUrl: "https://us.example/notices",
};
const path = (of: string) => ({ "@path": of });
const PARTS = {
  messageId: path("$.messageId"),
  anonymousId: path("$.anonymousId"),
  userId: path("$.userId"),
  context: path("$.context"),
};
const MAPPINGS = {
  identify: { ...PARTS, groupId: path("$.context.groupId"), traits: path("$.traits") },
  group: { ...PARTS, groupId: path("$.groupId"), traits: path("$.traits") },
  track: {
    ...PARTS,
    groupId: path("$.context.groupId"),
    event: path("$.event"),
    properties: path("$.properties"),
  },
  page: {
    ...PARTS,
    groupId: path("$.context.groupId"),
    category: path("$.category"),
    name: path("$.name"),
    properties: path("$.properties"),
  },
};

type Call = [string, ...unknown[]];
let count = 0;
let calls: Call[];
let held: { userId: string | null; groupId: string | null };
let scripts: HTMLScriptElement[];

const settled = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  vi.resetModules();
  vi.spyOn(console, "warn").mockImplementation(() => {});
  delete window.Ripe;
  calls = [];
  scripts = [];
  held = { userId: null, groupId: null };
  vi.spyOn(document.head, "appendChild").mockImplementation((node) => {
    scripts.push(node as unknown as HTMLScriptElement);
    return node;
  });
});

async function connect(settings = {}) {
  const { default: ripe } = await import("./browser");
  const plugins = ripe({
    apiKey: "key",
    endpoint: "https://ripe.example/",
    crossdock: SERVED,
    subscriptions: Object.entries(MAPPINGS).map(([name, mapping]) => ({
      enabled: true,
      partnerAction: name,
      subscribe: `type = "${name}"`,
      mapping,
    })),
    ...settings,
  });
  let tell: (context: { event: AnalyticsEvent }) => void = () => {};
  const analytics: Analytics = {
    user: () => ({ id: () => held.userId }),
    group: () => ({ id: () => held.groupId }),
    on: (name: string, callback: typeof tell) => {
      if (name === "dispatch_start") tell = callback;
    },
  };
  for (const plugin of plugins) await plugin.load(undefined, analytics);
  /** Analytics.js is called; what is returned hands the event over. */
  const make = (call: { type: string; [part: string]: unknown }) => {
    const event = { messageId: `m${++count}`, userId: held.userId, ...call };
    tell({ event });
    return () => {
      for (const plugin of plugins) plugin[event.type as "track"]?.({ event });
    };
  };
  return Object.assign((call: Parameters<typeof make>[0]) => make(call)(), { make });
}

/** The SDK arrives and takes over what was called before. */
async function sdkArrives() {
  const early = window.Ripe as unknown as Call[];
  const take =
    (name: string) =>
    (...values: unknown[]) =>
      calls.push([name, ...values]);
  const sdk = Object.fromEntries(
    ["init", "identify", "group", "track", "page"].map((name) => [name, take(name)]),
  );
  window.Ripe = sdk as unknown as NonNullable<typeof window.Ripe>;
  for (const [name, ...values] of early) sdk[name]?.(...values);
  scripts[0]?.onload?.(new Event("load"));
  await settled();
}

test("R1: the script comes from the endpoint, and a stand-in takes what the page calls early", async () => {
  await connect();
  window.Ripe?.track({ event: "early" });

  expect(scripts[0]?.src).toBe("https://ripe.example/sdk/latest/sdk.umd.js");
  await sdkArrives();

  expect(calls).toEqual([
    ["track", { event: "early" }],
    ["init", "key"],
  ]);
});

test("R5: the version of the SDK is a setting", async () => {
  await connect({ sdkVersion: "2.1" });

  expect(scripts[0]?.src).toBe("https://ripe.example/sdk/2.1/sdk.umd.js");
});

test("R7 to R10: each call reaches the SDK's method with exactly its parts, after init", async () => {
  const call = await connect();
  const common = { messageId: "m", anonymousId: "a", context: { ip: "1" } };
  call({ ...common, type: "identify", traits: { email: "e" } });
  call({ ...common, type: "track", event: "Paid", properties: { total: 1 } });
  call({ ...common, type: "group", groupId: "acme", traits: { name: "Acme" } });
  call({ ...common, type: "page", name: "Home", properties: { path: "/" } });
  await sdkArrives();

  const ids = { ...common, userId: null };
  expect(calls).toEqual([
    ["init", "key"],
    ["identify", { ...ids, groupId: null, traits: { email: "e" } }],
    ["track", { ...ids, groupId: null, event: "Paid", properties: { total: 1 } }],
    ["group", { ...ids, groupId: "acme", traits: { name: "Acme" } }],
    [
      "page",
      { ...ids, groupId: null, category: undefined, name: "Home", properties: { path: "/" } },
    ],
  ]);
});

test("R8: a track without a name sends nothing", async () => {
  const call = await connect();
  call({ type: "track", event: "" });
  await sdkArrives();

  expect(calls).toEqual([["init", "key"]]);
});

test("R11: calls carry the ids that Analytics.js held when they were made, and neither after reset", async () => {
  const { make } = await connect();
  const before = make({ type: "page" });
  held = { userId: "u1", groupId: "acme" };
  const inside = make({ type: "track", event: "In" });
  held = { userId: null, groupId: null };
  const after = make({ type: "track", event: "Out" });
  held = { userId: "u2", groupId: "initech" };
  for (const handOver of [before, inside, after]) handOver();
  await sdkArrives();

  expect(calls.slice(1).map(([, payload]) => payload)).toMatchObject([
    { userId: null, groupId: null },
    { userId: "u1", groupId: "acme" },
    { userId: null, groupId: null },
  ]);
});

test("an existing window.Ripe is kept", async () => {
  const take = vi.fn();
  const sdk = { init: take, identify: take, group: take, track: take, page: take };
  window.Ripe = sdk;

  await connect();
  scripts[0]?.onload?.(new Event("load"));
  await settled();

  expect(window.Ripe).toBe(sdk);
  expect(take).toHaveBeenCalledExactlyOnceWith("key");
});
