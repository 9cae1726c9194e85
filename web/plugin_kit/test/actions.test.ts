// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type ActionsSettings, actionsPlugin } from "../src/actions.js";
import type { Analytics, AnalyticsEvent, Plugin } from "../src/analytics.js";

const SERVED = { connectionId: "con_1", reportUrl: "https://us.example/notices" };

let beacons: { url: string; notice: { code: string; detail: string; connectionId: string } }[];
let failed: string[];
let analytics: Analytics;
let groupId: string | null;
let call: (context: { event: AnalyticsEvent }) => void;

beforeEach(() => {
  beacons = [];
  failed = [];
  groupId = null;
  vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  Object.defineProperty(navigator, "sendBeacon", {
    configurable: true,
    value: (url: string, body: string) => beacons.push({ url, notice: JSON.parse(body) }),
  });
  analytics = {
    user: () => ({ id: () => "u1" }),
    group: () => ({ id: () => groupId }),
    on: (name: string, callback: typeof call) => {
      if (name === "dispatch_start") call = callback;
    },
    queue: { failedInitializations: failed },
  };
});

const subscription = (partnerAction: string, changes = {}) => ({
  enabled: true,
  name: partnerAction,
  partnerAction,
  subscribe: `type = "${partnerAction}"`,
  mapping: { of: { "@path": "$.type" }, at: { "@path": "$.timestamp" } },
  ...changes,
});

function connect(settings: Partial<ActionsSettings<object>>, begin = async () => "client") {
  const performed: unknown[][] = [];
  const initialize = vi.fn(begin);
  const act =
    (name: string) =>
    (...call: unknown[]) =>
      performed.push([name, ...call]);
  const make = actionsPlugin<object, string>({
    name: "Vendor",
    initialize,
    actions: { identify: act("identify"), track: act("track") },
  });
  const plugins = make({ crossdock: SERVED, ...settings });
  return { plugins, performed, initialize };
}

const load = (plugins: Plugin[]) =>
  Promise.all(plugins.map((plugin) => plugin.load(undefined, analytics)));
const event = (changes: Partial<AnalyticsEvent> = {}) => ({
  event: { type: "track", timestamp: new Date(0), ...changes },
});
const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("a connection's plugins", () => {
  test("are one for each action with an enabled mapping, in the definition's order", () => {
    const { plugins } = connect({
      subscriptions: [
        subscription("track"),
        subscription("identify"),
        subscription("track", { enabled: false }),
        subscription("unknown"),
      ],
    });

    expect(plugins.map((plugin) => plugin.name)).toEqual(["Vendor identify", "Vendor track"]);
    for (const plugin of plugins) {
      expect(plugin).toMatchObject({ type: "destination", version: expect.any(String) });
      for (const call of ["track", "identify", "page", "screen", "group", "alias"] as const) {
        expect(plugin[call]).toBeTypeOf("function");
      }
    }
  });

  test("share one initialize", async () => {
    const { plugins, initialize } = connect({
      subscriptions: [subscription("track"), subscription("identify")],
    });

    await load(plugins);
    await load(plugins);

    expect(initialize).toHaveBeenCalledTimes(1);
    expect(plugins.every((plugin) => plugin.isLoaded())).toBe(true);
  });

  test("give each mapping that wants the event its payload and the ids of its call", async () => {
    const { plugins, performed } = connect({ subscriptions: [subscription("track")] });
    await load(plugins);

    groupId = "acme";
    const made = event({ messageId: "m1", userId: "u1" });
    call(made);
    groupId = null;
    plugins[0]?.track?.(made);
    plugins[0]?.identify?.(event({ type: "identify" }));
    await settled();

    expect(performed).toEqual([
      [
        "track",
        "client",
        { of: "track", at: "1970-01-01T00:00:00.000Z" },
        { userId: "u1", groupId: "acme" },
      ],
    ]);
  });

  test("give an event whose call was not seen the ids of now, and keep no more than a thousand", async () => {
    const { plugins, performed } = connect({ subscriptions: [subscription("track")] });
    await load(plugins);

    call(event({ messageId: "first" }));
    groupId = "acme";
    for (let count = 0; count < 1000; count++) call(event({ messageId: `m${count}` }));
    groupId = "initech";
    for (const messageId of ["first", "m0", "of an earlier page"]) {
      plugins[0]?.track?.(event({ messageId }));
    }
    await settled();

    const groups = performed.map(([, , , ids]) => (ids as { groupId: string }).groupId);
    expect(groups).toEqual(["initech", "acme", "initech"]);
  });

  test("take a screen call to an action whose trigger wants it", async () => {
    const { plugins, performed } = connect({
      subscriptions: [subscription("track", { subscribe: 'type = "screen"' })],
    });
    await load(plugins);

    plugins[0]?.screen?.(event({ type: "screen" }));
    await settled();

    expect(performed).toHaveLength(1);
  });
});

describe("one bad mapping", () => {
  test.each([
    ["a trigger that cannot be read", { subscribe: "type = " }],
    ["a mapping that cannot be used", { mapping: { of: { "@path": 5 } } }],
    ["one that fails when used", { mapping: { of: [{ "@nothing": 1 }] } }],
  ])("with %s is reported once and stops no other", async (_, wrong) => {
    const { plugins, performed } = connect({
      subscriptions: [subscription("track", wrong), subscription("track")],
    });
    await load(plugins);

    for (const plugin of plugins) plugin.track?.(event());
    for (const plugin of plugins) plugin.track?.(event());
    await settled();

    expect(performed).toHaveLength(2);
    expect(beacons.map(({ notice }) => notice.code)).toEqual(["mapping_failed"]);
    expect(beacons[0]?.url).toBe(SERVED.reportUrl);
    expect(beacons[0]?.notice.connectionId).toBe("con_1");
  });
});

describe("a vendor's script", () => {
  test("that is still on its way holds neither load nor a call", async () => {
    let arrive: (client: string) => void = () => {};
    const { plugins, performed } = connect(
      { subscriptions: [subscription("track")] },
      () =>
        new Promise<string>((resolve) => {
          arrive = resolve;
        }),
    );

    await load(plugins);
    const context = event();
    expect(plugins[0]?.track?.(context)).toBe(context);
    await settled();
    expect(performed).toEqual([]);

    arrive("client");
    await settled();
    expect(performed).toHaveLength(1);
  });

  test("that cannot be loaded is a notice and a failed initialization, not a rejection", async () => {
    const { plugins, performed } = connect({ subscriptions: [subscription("track")] }, () =>
      Promise.reject(new Error("https://vendor.example/sdk.js could not be loaded.")),
    );

    await expect(load(plugins)).resolves.toBeDefined();
    await settled();
    plugins[0]?.track?.(event());
    await settled();

    expect(failed).toEqual(["Vendor"]);
    expect(performed).toEqual([]);
    expect(beacons[0]?.notice).toMatchObject({ code: "script_failed" });
    expect(beacons[0]?.notice.detail).toContain("vendor.example");
  });
});

test("a page without sendBeacon still works", async () => {
  Object.defineProperty(navigator, "sendBeacon", { configurable: true, value: undefined });
  const { plugins } = connect({ subscriptions: [subscription("track", { subscribe: "(" })] });

  await load(plugins);

  expect(() => plugins[0]?.track?.(event())).not.toThrow();
});
