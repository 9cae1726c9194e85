import { expect, test } from "vitest";
import { DebuggerRows, filtered } from "../src/pages/sources/debugger_rows";
import { type Entry, overall, words } from "../src/pages/sources/entries";
import { asCurl, instructions, quoted } from "../src/pages/sources/instructions";
import { librariesOf } from "../src/pages/sources/libraries";
import { freeSlug, slugOf } from "../src/pages/sources/slug";

const AT = "2030-01-01T12:00:00Z";
const entry = (step: string, more: Partial<Entry> = {}): Entry => ({
  at: AT,
  step,
  sourceId: "shop",
  messageId: "m1",
  eventType: "track",
  eventName: "Order Completed",
  ...more,
});

test("what becomes of an event joins it, whichever comes first", () => {
  const rows = new DebuggerRows();

  rows.add([
    entry("delivered", { destinationId: "ripe", at: "2030-01-01T12:00:01Z" }),
    entry("received", { userId: "ann" }),
  ]);

  const [row, ...others] = rows.newestFirst();
  expect(others).toEqual([]);
  expect(row).toMatchObject({ at: AT, userId: "ann", outcome: "delivered" });
  expect(row?.entries.map((one) => one.step)).toEqual(["received", "delivered"]);
});

test("what is asked for again after a break is there once", () => {
  const rows = new DebuggerRows();
  const life = [entry("received"), entry("mapped", { destinationId: "ripe" })];

  rows.add(life);
  rows.add(life);

  expect(rows.newestFirst()).toHaveLength(1);
  expect(rows.newestFirst()[0]?.entries).toHaveLength(2);
});

test("events stand in the order they were accepted, whatever is heard of them first", () => {
  const rows = new DebuggerRows();

  rows.add([
    entry("received", { messageId: "last", eventSequence: 9, eventIndex: 1 }),
    entry("discarded", { messageId: "refused" }),
    entry("unconnected", { messageId: "earlier", eventSequence: 9 }),
    entry("unconnected", { messageId: "earliest", eventSequence: 8, eventIndex: 3 }),
  ]);

  expect(rows.newestFirst().map((row) => row.messageId)).toEqual([
    "refused",
    "last",
    "earlier",
    "earliest",
  ]);
});

test("the oldest make room, and what becomes of the others still finds them", () => {
  const rows = new DebuggerRows(10);

  rows.add(Array.from({ length: 35 }, (_, n) => entry("received", { messageId: `m${n}` })));
  rows.add([entry("delivered", { messageId: "m34", destinationId: "ripe" })]);

  const found = rows.newestFirst();
  expect(rows.total).toBe(35);
  expect(found).toHaveLength(10);
  expect(found[0]).toMatchObject({ messageId: "m34", outcome: "delivered" });
});

test("who has been on the way for long is asked for once, the newest first", () => {
  const rows = new DebuggerRows();
  const seconds = (count: number) => `2030-01-01T12:00:${String(count).padStart(2, "0")}Z`;
  const before = Date.parse(seconds(30));

  rows.add([
    entry("received", { messageId: "old" }),
    entry("received", { messageId: "mapped" }),
    entry("mapped", { messageId: "mapped", destinationId: "ripe", at: seconds(20) }),
    entry("received", { messageId: "done" }),
    entry("delivered", { messageId: "done", destinationId: "ripe", at: seconds(21) }),
    entry("received", { messageId: "new", at: seconds(40) }),
  ]);

  expect(rows.stuckSince(before, new Set(), 10)).toEqual(["mapped", "old"]);
  expect(rows.stuckSince(before, new Set(), 1)).toEqual(["mapped"]);
  expect(rows.stuckSince(before, new Set(["mapped"]), 10)).toEqual(["old"]);
  // What the ledger answers joins the row.
  rows.add([entry("delivered", { messageId: "mapped", destinationId: "ripe", at: seconds(22) })]);
  expect(rows.stuckSince(before, new Set(), 10)).toEqual(["old"]);
});

test("messages that were refused without an id are each one of their own", () => {
  const rows = new DebuggerRows();

  rows.add([entry("discarded", { messageId: "" }), entry("discarded", { messageId: "" })]);

  expect(rows.newestFirst()).toHaveLength(2);
});

test("after clearing, what comes is found again", () => {
  const rows = new DebuggerRows();
  rows.add([entry("received"), entry("received", { messageId: "m2" })]);

  rows.clear();
  rows.add([entry("received", { messageId: "m3" })]);
  rows.add([entry("delivered", { messageId: "m3", destinationId: "ripe" })]);

  expect(rows.newestFirst().map((row) => row.outcome)).toEqual(["delivered"]);
});

test.each([
  [{ text: "ORDER", eventType: "", outcome: "" }, ["m1"]],
  [{ text: "ann", eventType: "", outcome: "" }, ["m2"]],
  [{ text: "m2", eventType: "", outcome: "" }, ["m2"]],
  [{ text: "", eventType: "identify", outcome: "" }, ["m2"]],
  [{ text: "", eventType: "", outcome: "discarded" }, []],
  [{ text: "", eventType: "", outcome: "" }, ["m2", "m1"]],
])("the filter %o leaves %o", (filter, messageIds) => {
  const rows = new DebuggerRows();
  rows.add([
    entry("received"),
    entry("received", { messageId: "m2", eventType: "identify", eventName: "", userId: "ann" }),
  ]);

  expect(filtered(rows.newestFirst(), filter).map((row) => row.messageId)).toEqual(messageIds);
});

test.each([
  [["received"], "received"],
  [["received", "mapped"], "waiting"],
  [["received", "mapped", "delivered"], "delivered"],
  [["received", "mapped", "waiting", "dead", "sent_again"], "waiting"],
  [["received", "duplicate"], "duplicate"],
] as const)("after %o an event is %s", (steps, outcome) => {
  const entries = steps.map((step) =>
    entry(step, step === "received" ? {} : { destinationId: "ripe" }),
  );

  expect(overall(entries)).toBe(outcome);
});

test("of two destinations, the one that failed stands for the event", () => {
  const entries = [
    entry("received"),
    entry("delivered", { destinationId: "ripe" }),
    entry("rejected", { destinationId: "hook" }),
  ];

  expect(overall(entries)).toBe("failed");
});

test("an event that goes nowhere is told so, in words", () => {
  const nowhere = entry("filtered", { reason: "no_connection" });

  expect(overall([entry("received"), nowhere])).toBe("unconnected");
  expect(words(nowhere, {})).toBe("No destination is connected to this source");
  expect(words(entry("delivered", { destinationId: "d", status: 200 }), { d: "Ripe" })).toBe(
    "Ripe: delivered (200)",
  );
});

test("whatever an event holds, the shell takes the command as it is", () => {
  expect(quoted("it's")).toBe(`'it'\\''s'`);

  const command = asCurl(
    { type: "track", messageId: "m1", receivedAt: AT, event: "It's $(done)", userId: "ann" },
    { host: "https://events.example.com", writeKey: "key" },
  );

  expect(command).toContain("'https://events.example.com/v1/track'");
  expect(command).toContain(`'{"writeKey":"key","event":"It'\\''s $(done)","userId":"ann"}'`);
});

test("the instructions begin with what fits the source, and name host and key", () => {
  const place = { host: "https://events.example.com", writeKey: "key-1" };

  const all = instructions(place, "<script></script>", "python");

  expect(all.map((one) => one.id)).toEqual(["python", "browser", "node", "curl"]);
  for (const { id, steps } of all) {
    const code = steps.map((step) => step.code).join("\n");
    expect(code, id).toContain("key-1");
    expect(code, id).toContain("https://events.example.com");
  }
});

test("libraries are counted by version, and the classic Analytics.js is told from 2.0", () => {
  const sent = (library: unknown) => ({ receivedAt: AT, event: { context: { library } } });

  const found = librariesOf([
    sent({ name: "analytics.js", version: "next-1.84.3" }),
    sent({ name: "analytics.js", version: "4.1.0" }),
    sent({ name: "analytics.js", version: "4.1.0" }),
    sent(null),
  ]);

  expect(found.map(({ name, version, count, isOld }) => [name, version, count, isOld])).toEqual([
    ["analytics.js", "4.1.0", 2, true],
    ["analytics.js", "next-1.84.3", 1, false],
    ["No library named", "", 1, false],
  ]);
});

test("a slug is made of a name, and of one that is taken another", () => {
  expect(slugOf("  Müller & Söhne, GmbH ")).toBe("muller-sohne-gmbh");
  expect(freeSlug("Shop", ["shop", "shop-2"])).toBe("shop-3");
  expect(freeSlug("日本", [])).toBe("source");
});
