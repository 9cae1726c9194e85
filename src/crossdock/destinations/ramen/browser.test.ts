// @vitest-environment happy-dom
import type { Analytics, AnalyticsEvent } from "@crossdock/plugin-kit";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const SERVED = { connectionId: "con_1", reportUrl: "https://us.example/notices" };

type Call = [string, ...unknown[]];
type Listener = (context: { event: AnalyticsEvent }) => void;
let listeners: [string, Listener][];
let held: { id: string | null; traits: Record<string, unknown> };
let scripts: HTMLScriptElement[];
let notices: string[];

beforeEach(() => {
  vi.resetModules();
  vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.spyOn(window, "addEventListener");
  delete window._ramen;
  localStorage.clear();
  listeners = [];
  scripts = [];
  notices = [];
  held = { id: null, traits: {} };
  vi.spyOn(document.head, "appendChild").mockImplementation((node) => {
    scripts.push(node as unknown as HTMLScriptElement);
    return node;
  });
  Object.defineProperty(navigator, "sendBeacon", {
    configurable: true,
    value: (_: string, body: string) => notices.push(JSON.parse(body).code),
  });
});

afterEach(() => {
  vi.useRealTimers();
  for (const [name, listener] of vi.mocked(window.addEventListener).mock.calls) {
    window.removeEventListener(name, listener as EventListener);
  }
  vi.restoreAllMocks();
});

function emit(name: string, event: AnalyticsEvent = { type: "none" }) {
  for (const [of, listener] of listeners) if (of === name) listener({ event });
}

/** Analytics.js is called; the event is handed over later, if at all. */
function made(event: { type: string; [part: string]: unknown }): AnalyticsEvent {
  const whole = { messageId: `m${++count}`, userId: held.id, ...event };
  emit("dispatch_start", whole);
  return whole;
}

function reset() {
  held = { id: null, traits: {} };
  emit("reset");
}

let count = 0;

async function connect(settings = {}) {
  const { default: ramen } = await import("./browser");
  const plugin = ramen({ organization_id: "org_1", crossdock: SERVED, ...settings });
  const analytics: Analytics = {
    user: () => ({ id: () => held.id, traits: () => held.traits }),
    group: () => ({ id: () => null }),
    on: (name: string, callback: Listener) => listeners.push([name, callback]),
  };
  await plugin.load(undefined, analytics);
  return (event: { type: string; [part: string]: unknown }) => {
    plugin[event.type as "track"]?.({ event: event.messageId ? event : made(event) });
  };
}

const calls = () => window._ramen as unknown as Call[];
const last = () => calls().at(-1);

test("M2, M12: the script is loaded and Ramen booted with the settings", async () => {
  await connect({ environment: "staging", custom_trigger_id: "help", script_url: "" });

  expect(scripts[0]?.src).toContain("//cdn.ramen.is/assets/ramen.js");
  expect(calls()[0]).toEqual([
    "boot",
    "org_1",
    { environment: "staging", custom_trigger_id: "help" },
  ]);
});

test("M2: a page with Ramen's own snippet is told so and is not booted again", async () => {
  const take = vi.fn();
  window._ramen = { boot: take, identify: take, page: take } as unknown as NonNullable<
    typeof window._ramen
  >;

  const call = await connect();
  call({ type: "page" });

  expect(notices).toEqual(["vendor_snippet_found"]);
  expect(scripts).toEqual([]);
  expect(take.mock.calls).toEqual([[], []]);
});

test("M3: an anonymous visitor is identified first, once, and an identify without an id ignored", async () => {
  const call = await connect();
  call({ type: "identify", userId: null, traits: { email: "a@b.co" } });
  call({ type: "page", properties: { title: "ignored" } });
  call({ type: "track", event: "Paid", properties: { total: 1 } });
  call({ type: "group", groupId: "acme", traits: {} });

  expect(calls().slice(1)).toEqual([
    ["identify"],
    ["page"],
    ["track", "Paid"],
    ["group", { id: "acme" }],
  ]);
});

test("M3: whoever Analytics.js remembers is no anonymous visitor", async () => {
  held = { id: "42", traits: { email: "rosa@example.com", plan: "pro" } };
  const call = await connect();
  call({ type: "page" });

  expect(calls().slice(1)).toEqual([
    ["identify", { id: "42", email: "rosa@example.com", traits: { plan: "pro" } }, {}],
    ["page"],
  ]);
});

test("M8: in secure mode only the page can say who is there", async () => {
  held = { id: "42", traits: {} };
  localStorage.setItem("crossdock_ramen_secure", "1");
  const call = await connect();
  call({ type: "page" });

  expect(calls().slice(1)).toEqual([["identify"], ["page"]]);
});

describe("M4: identify", () => {
  test.each([
    ["a Date", new Date(1234567890_000)],
    ["an ISO 8601 text", "2009-02-13T23:31:30.000Z"],
    ["epoch seconds", 1234567890],
  ])("takes created_at as %s", async (_, created_at) => {
    const call = await connect();
    call({ type: "identify", userId: "42", traits: { created_at } });

    expect(last()?.[1]).toEqual({ id: "42", created_at: 1234567890, traits: {} });
  });

  test("names, aliases, company and traits have their places", async () => {
    const call = await connect();
    call({
      type: "identify",
      userId: "42",
      traits: {
        id: "x",
        email: "rosa@example.com",
        firstName: "Rosa",
        lastName: "Pérez",
        createdAt: "2009-02-13T23:31:30Z",
        company: { id: "acme", name: "Acme", created: new Date(1000) },
        trial_ends_at: "2030-01-01",
        is_admin: "yes",
        birthday: "2030-01-01",
        seen: "2009-02-13T23:31:30Z",
      },
    });

    expect(last()).toEqual([
      "identify",
      {
        id: "42",
        email: "rosa@example.com",
        name: "Rosa Pérez",
        created_at: 1234567890,
        company: { id: "acme", name: "Acme", created_at: 1 },
        traits: {
          firstName: "Rosa",
          lastName: "Pérez",
          trial_ends_at: 1893456000,
          is_admin: "yes",
          birthday: "2030-01-01",
          seen: 1234567890,
        },
      },
      {},
    ]);
  });

  test("a company without an id is left out", async () => {
    const call = await connect();
    call({ type: "identify", userId: "42", traits: { company: "Acme" } });

    expect(last()?.[1]).toEqual({ id: "42", traits: {} });
  });
});

test("M5: group has its id, its times in seconds and its other traits", async () => {
  const call = await connect();
  call({ type: "group", groupId: "acme", traits: { createdAt: new Date(5000), plan: "pro" } });

  expect(last()).toEqual(["group", { id: "acme", created_at: 5, plan: "pro" }]);
});

test("M8: the options of the call go through, the old name of the timestamp renamed", async () => {
  const call = await connect();
  const links = [{ title: "Help", href: "https://example.com" }];
  call({
    type: "identify",
    userId: "42",
    integrations: {
      Ramen: { auth_hash_timestamp: 5, auth_hash: "abc", custom_links: links, x: 1 },
    },
  });

  expect(last()?.[2]).toEqual({ timestamp: 5, auth_hash: "abc", custom_links: links, x: 1 });
});

test.each([null, true, "on", [], 5])(
  "M8: options that are none, %j, keep nothing back",
  async (given) => {
    const call = await connect();
    call({ type: "identify", userId: "42", integrations: { Ramen: given } });

    expect(last()).toEqual(["identify", { id: "42", traits: {} }, {}]);
    expect(notices).toEqual([]);
  },
);

describe("what RamenJS throws", () => {
  const fail = () => {
    throw new Error("broken");
  };

  test("is reported, and keeps nothing else from being told", async () => {
    vi.useFakeTimers();
    held = { id: "42", traits: {} };
    const call = await connect();
    const page = made({ type: "page" });
    const track = made({ type: "track", event: "Paid" });
    made({ type: "identify" });
    call(page);
    call(track);
    window._ramen = Object.assign(window._ramen as object, { identify: fail, page: fail }) as never;
    vi.advanceTimersByTime(1000);

    expect(notices).toEqual(["call_failed"]);
    expect(last()).toEqual(["track", "Paid"]);
  });

  test("of a reset or a refusal is reported too", async () => {
    const call = await connect();
    held = { id: "42", traits: {} };
    call({ type: "page" });
    window._ramen = Object.assign(window._ramen as object, {
      identify: fail,
      reset: fail,
    }) as never;
    window.dispatchEvent(
      new CustomEvent("ramen:error", { detail: { status: 401, reason: "secure_mode_required" } }),
    );
    reset();

    expect(notices).toEqual(["call_failed"]);
  });
});

test.each([
  [404, "wrong_organization", "ramen_404"],
  [401, "invalid_email", "ramen_401_invalid_email"],
  [401, "missing_user_id", "ramen_401_missing_user_id"],
  [401, "secure_mode_required", "ramen_401_secure_mode_required"],
  [401, "stale_timestamp", "ramen_401_stale_timestamp"],
  [401, "wrong_hash", "ramen_401_wrong_hash"],
  [500, "something_new", "ramen_500"],
])("M9: %i %s is the notice %s", async (status, reason, code) => {
  await connect();

  window.dispatchEvent(
    new CustomEvent("ramen:error", { detail: { status, reason, message: "m" } }),
  );

  expect(notices).toContain(code);
});

describe("a reset", () => {
  test("makes Ramen forget the person, and the next one is anonymous", async () => {
    const call = await connect();
    call({ type: "identify", userId: "42" });
    reset();
    call({ type: "page" });

    expect(calls().slice(2)).toEqual([["reset"], ["identify"], ["page"]]);
  });

  test("comes after the calls made before it", async () => {
    const call = await connect();
    call({ type: "identify", userId: "42" });
    const last = made({ type: "track", event: "Last", userId: "42" });
    reset();
    expect(calls()).toHaveLength(2);
    call(last);

    expect(calls().slice(2)).toEqual([["track", "Last"], ["reset"]]);
  });

  test("comes before the calls made after it", async () => {
    const call = await connect();
    call({ type: "identify", userId: "42" });
    const last = made({ type: "track", event: "Last", userId: "42" });
    reset();
    const next = made({ type: "track", event: "Next" });
    call(last);
    call(next);

    expect(calls().slice(2)).toEqual([
      ["track", "Last"],
      ["reset"],
      ["identify"],
      ["track", "Next"],
    ]);
  });

  test("waits a second at most, and not beyond the page", async () => {
    vi.useFakeTimers();
    await connect();
    made({ type: "track", event: "Filtered out on its way" });
    reset();
    vi.advanceTimersByTime(1000);
    expect(last()).toEqual(["reset"]);

    reset();
    window.dispatchEvent(new Event("pagehide"));
    expect(calls().slice(1)).toEqual([["reset"], ["reset"]]);
  });

  test("does not give a call that comes too late to the next person", async () => {
    vi.useFakeTimers();
    const call = await connect();
    const late = made({ type: "track", event: "Late", userId: "42" });
    reset();
    vi.advanceTimersByTime(1000);
    call(late);
    call({ type: "track", event: "Next" });

    expect(calls().slice(1)).toEqual([
      ["reset"],
      ["reset"],
      ["identify", { id: "42", traits: {} }, {}],
      ["track", "Late"],
      ["reset"],
      ["identify"],
      ["track", "Next"],
    ]);
  });

  test("is not what another user id is", async () => {
    const call = await connect();
    call({ type: "identify", userId: "42", anonymousId: "a" });
    call({ type: "identify", userId: "43", anonymousId: "b" });

    expect(calls().map(([name]) => name)).toEqual(["boot", "identify", "identify"]);
  });
});

describe("a page load of a signed-in person", () => {
  const user = { id: "42", traits: {} };

  beforeEach(() => {
    held = { id: "42", traits: {} };
  });

  test("identifies them once, before the pageview, as the page does", async () => {
    const call = await connect();
    const page = made({ type: "page" });
    const options = { timestamp: 5, auth_hash: "abc" };
    const identify = made({ type: "identify", integrations: { Ramen: options } });
    call(page);
    expect(calls()).toHaveLength(1);
    call(identify);
    call({ type: "track", event: "Paid" });

    expect(calls().slice(1)).toEqual([["identify", user, options], ["page"], ["track", "Paid"]]);
  });

  test.each([
    ["that was filtered out", {}],
    ["that Ramen is not to have", { integrations: { All: false } }],
    ["of somebody else", { userId: "43" }],
  ])("waits for no identify %s", async (_, changes) => {
    const call = await connect();
    const page = made({ type: "page" });
    made({ type: "identify", ...changes });
    call(page);
    call({ type: "track", event: "Paid" });

    expect(calls().slice(1)).toEqual([["identify", user, {}], ["page"], ["track", "Paid"]]);
  });

  test("waits for an identify for a second at most", async () => {
    vi.useFakeTimers();
    const call = await connect();
    const page = made({ type: "page" });
    made({ type: "identify" });
    call(page);
    vi.advanceTimersByTime(1000);

    expect(calls().slice(1)).toEqual([["identify", user, {}], ["page"]]);
  });

  test("loses no pageview to a secure mode that was switched on meanwhile", async () => {
    const call = await connect();
    call({ type: "page" });
    window.dispatchEvent(
      new CustomEvent("ramen:error", { detail: { status: 401, reason: "secure_mode_required" } }),
    );
    vi.resetModules();
    const next = await connect();
    next({ type: "page" });

    const anonymous = [["identify"], ["page"]];
    expect(calls().slice(1)).toEqual([
      ["identify", user, {}],
      ["page"],
      ...anonymous,
      ...anonymous,
    ]);
    expect(notices).not.toContain("ramen_401_secure_mode_required");
  });
});

test("a person whom the event does not name is not whom Analytics.js holds by now", async () => {
  const call = await connect();
  const page = made({ type: "page" });
  held = { id: "42", traits: {} };
  const identify = made({ type: "identify" });
  call(page);
  call(identify);

  expect(calls().slice(1)).toEqual([
    ["identify"],
    ["page"],
    ["identify", { id: "42", traits: {} }, {}],
  ]);
});
