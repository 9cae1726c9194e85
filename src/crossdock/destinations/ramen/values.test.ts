// @vitest-environment happy-dom
import type { Analytics, AnalyticsEvent } from "@crossdock/plugin-kit";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const SERVED = {
  connectionId: "con_1",
  reportUrl: "https://us.example/notices",
  valuesUrl: "https://us.example/values",
};
const ENGAGE = { expires: 1893499200, signature: "abc" };
const SIGNED = { integrations: { Ramen: { engage: ENGAGE } } };

type Call = [string, ...unknown[]];
type Listener = (context: { event: AnalyticsEvent }) => void;
let listeners: [string, Listener][];
let notices: string[];
let asked: { url: string; sent: Record<string, unknown>; signal: AbortSignal }[];
let answer: (values: unknown) => Promise<void>;
let fail: () => Promise<void>;
let count = 0;

/** What is due now is done, promises and what they promise. */
const settled = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.resetModules();
  vi.useFakeTimers();
  vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.spyOn(console, "debug").mockImplementation(() => {});
  vi.spyOn(window, "addEventListener");
  vi.spyOn(document.head, "appendChild").mockImplementation((node) => node);
  delete window._ramen;
  localStorage.clear();
  listeners = [];
  notices = [];
  asked = [];
  Object.defineProperty(navigator, "sendBeacon", {
    configurable: true,
    value: (_: string, body: string) => notices.push(JSON.parse(body).code),
  });
  vi.stubGlobal("fetch", (url: string, { body, signal }: { body: string; signal: AbortSignal }) => {
    asked.push({ url, sent: JSON.parse(body), signal });
    return new Promise((resolve, reject) => {
      answer = (values) => {
        resolve({ json: () => Promise.resolve({ values }) });
        return settled() as unknown as Promise<void>;
      };
      fail = () => {
        reject(new TypeError("blocked"));
        return settled() as unknown as Promise<void>;
      };
    });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  for (const [name, listener] of vi.mocked(window.addEventListener).mock.calls) {
    window.removeEventListener(name, listener as EventListener);
  }
  vi.restoreAllMocks();
});

async function connect(served: object = SERVED) {
  const { default: ramen } = await import("./browser");
  const plugin = ramen({ organization_id: "org_1", crossdock: served as typeof SERVED });
  const analytics: Analytics = {
    user: () => ({ id: () => null, traits: () => ({}) }),
    group: () => ({ id: () => null }),
    on: (name: string, callback: Listener) => listeners.push([name, callback]),
  };
  await plugin.load(undefined, analytics);
  return (event: { type: string; [part: string]: unknown }) => {
    const whole = { messageId: `m${++count}`, userId: "42", ...event };
    for (const [of, listener] of listeners) if (of === "dispatch_start") listener({ event: whole });
    plugin[event.type as "track"]?.({ event: whole });
  };
}

const calls = () => (window._ramen as unknown as Call[]).slice(1);

describe("Engage values", () => {
  test("M10: come with the very identify that is signed", async () => {
    const call = await connect();
    call({ type: "identify", traits: { plan: "pro" }, ...SIGNED });
    call({ type: "page" });
    expect(calls()).toEqual([]);
    await answer({ order_completed_last_30_days: true });

    const traits = { plan: "pro", order_completed_last_30_days: true };
    expect(asked[0]?.url).toBe(SERVED.valuesUrl);
    expect(asked[0]?.sent).toEqual({ connectionId: "con_1", userId: "42", ...ENGAGE });
    expect(calls()).toEqual([["identify", { id: "42", traits }, {}], ["page"]]);
  });

  test("are asked for with secure mode's hash, of what Ramen is told", async () => {
    const call = await connect();
    const options = { auth_hash_timestamp: 5, auth_hash: "abc" };
    call({
      type: "identify",
      traits: { email: "rosa@example.com", firstName: "Rosa", lastName: "Diaz" },
      integrations: { Ramen: options },
    });

    expect(asked[0]?.sent).toEqual({
      connectionId: "con_1",
      userId: "42",
      email: "rosa@example.com",
      name: "Rosa Diaz",
      timestamp: 5,
      auth_hash: "abc",
    });
  });

  test("are traits, and neither the user's own parts nor above what the page says", async () => {
    const call = await connect();
    call({ type: "identify", traits: { name: "Rosa", plan: "pro" }, ...SIGNED });
    await answer({ name: "computed", plan: "free", email: "computed" });

    const traits = { name: "computed", email: "computed", plan: "pro" };
    expect(calls()).toEqual([["identify", { id: "42", name: "Rosa", traits }, {}]]);
  });

  test("are not asked for while the owner has not switched them on", async () => {
    const { valuesUrl: _, ...off } = SERVED;
    const call = await connect(off);
    call({ type: "identify", ...SIGNED });

    expect(asked).toEqual([]);
    expect(calls()).toEqual([["identify", { id: "42", traits: {} }, {}]]);
  });

  test("are not asked for without a signature, of which the owner hears", async () => {
    const call = await connect();
    call({ type: "identify" });

    expect(asked).toEqual([]);
    expect(calls()).toEqual([["identify", { id: "42", traits: {} }, {}]]);
    expect(notices).toEqual(["engage_unsigned"]);
  });

  test("hold an identify up for half a second at most", async () => {
    const call = await connect();
    call({ type: "identify", ...SIGNED });
    call({ type: "track", event: "Paid" });
    await vi.advanceTimersByTimeAsync(499);
    expect(calls()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);

    const told = [
      ["identify", { id: "42", traits: {} }, {}],
      ["track", "Paid"],
    ];
    expect(calls()).toEqual(told);
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(notices).toEqual(["engage_late"]);
    await answer({ late: true });
    expect(calls()).toEqual(told);
  });

  test.each([
    ["a network that fails", () => fail()],
    ["an answer that says nothing", () => answer({})],
    ["an answer of another kind", () => answer(undefined)],
  ])("cost no identify with %s", async (_, happen) => {
    const call = await connect();
    call({ type: "identify", ...SIGNED });
    await happen();

    expect(calls()).toEqual([["identify", { id: "42", traits: {} }, {}]]);
  });

  test("do not keep an identify from Ramen when the page is left", async () => {
    const call = await connect();
    call({ type: "identify", ...SIGNED });
    window.dispatchEvent(new Event("pagehide"));

    expect(calls()).toEqual([["identify", { id: "42", traits: {} }, {}]]);
  });

  test("of somebody who was signed out meanwhile are told before the next person comes", async () => {
    const call = await connect();
    call({ type: "identify", ...SIGNED });
    for (const [of, listener] of listeners) if (of === "reset") listener({ event: { type: "" } });
    call({ type: "page", userId: null });
    expect(calls()).toEqual([]);
    await answer({ in_it: true });

    expect(calls()).toEqual([
      ["identify", { id: "42", traits: { in_it: true } }, {}],
      ["reset"],
      ["identify"],
      ["page"],
    ]);
  });

  test("keep calls in order, whichever answer comes first", async () => {
    const call = await connect();
    call({ type: "identify", traits: { step: 1 }, ...SIGNED });
    call({ type: "track", event: "Between" });
    const first = answer;
    call({ type: "identify", traits: { step: 2 }, ...SIGNED });
    await answer({ in_it: true });
    expect(calls()).toEqual([]);
    await first({ in_it: false });

    expect(calls()).toEqual([
      ["identify", { id: "42", traits: { step: 1, in_it: false } }, {}],
      ["track", "Between"],
      ["identify", { id: "42", traits: { step: 2, in_it: true } }, {}],
    ]);
  });
});
