import { expect, test } from "vitest";
import { balanceInWords, differenceInWords } from "../src/pages/delivery/balance_words";
import { chosen, filledIn, PERIODS, rangeOf } from "../src/pages/delivery/period";
import { reasonInWords } from "../src/pages/delivery/reasons";
import { asField, fromField, problemsOf } from "../src/pages/delivery/replay_order";
import { percent, sharesOf } from "../src/pages/delivery/steps";
import { asCurl } from "../src/pages/events/curl";
import { type Entry, isUnderWay, type Life, waysOf } from "../src/pages/events/life";
import { eventsLink, traceLink, wantedOf } from "../src/pages/events/link";
import { leftOut, originsOf, parsed } from "../src/pages/events/origins";
import { linesOf } from "../src/pages/workspace/changes";
import { lineOf, lineOfPath, spanOfLine } from "../src/pages/workspace/yaml_lines";

const NOON = Date.parse("2030-01-01T12:00:30Z");

test("a period ends with the grain that is going on, and has the grains that it was asked for", () => {
  const { period, grain } = chosen(new URLSearchParams("period=week&by=day"));
  const range = rangeOf(period, grain, NOON);

  expect(new Date(range[1]).toISOString()).toBe("2030-01-02T00:00:00.000Z");
  expect(filledIn([{ time: "2030-01-01T00:00:00Z", count: 4 }], range, grain)).toEqual([
    0, 0, 0, 0, 0, 0, 4,
  ]);
});

test("every period is within what the server counts so finely", () => {
  const hoursMax = { MINUTE: 4, HOUR: 14 * 24, DAY: 31 * 24 };
  for (const { ms, grains } of PERIODS) {
    for (const grain of grains) expect(ms / 3_600_000).toBeLessThanOrEqual(hoursMax[grain]);
  }
});

test("a grain that a period does not have is not taken", () => {
  expect(chosen(new URLSearchParams("period=hour&by=day")).grain).toBe("MINUTE");
});

test("a share is of the steps at the same place", () => {
  const shares = sharesOf({ "successfully-received": 3, "failed-on-ingest": 1 });

  expect(shares["failed-on-ingest"]).toBe(0.25);
  expect(shares["successful-delivery"]).toBe(0);
});

test("what is there is never nothing, and what is missing never all", () => {
  expect([percent(0.0001), percent(0.9999), percent(0), percent(1)]).toEqual([
    "< 0.1 %",
    "> 99.9 %",
    "0 %",
    "100 %",
  ]);
});

test("reasons are told in words, those of an answer by its status", () => {
  expect(reasonInWords("trigger")).toBe("No mapping's trigger matches");
  expect(reasonInWords("errors.discarded.422")).toBe("The destination answered 422");
  expect(reasonInWords("moon_is_full")).toBe("Moon is full");
});

test("the balance says where everything is, and what is missing", () => {
  const account = {
    sourceId: "s",
    destinationId: "d",
    accepted: 10,
    duplicate: 0,
    filtered: 2,
    discarded: 0,
    routed: 0,
    delivered: 6,
    dead: 1,
    waiting: 0,
    unrecorded: 0,
    repeated: 0,
    difference: 1,
  };

  expect(balanceInWords(account)).toBe(
    "10 events for it: 6 delivered, 2 filtered and 1 failed (dead letters).",
  );
  expect(differenceInWords(account)).toBe("1 event cannot be accounted for.");
  expect(differenceInWords({ ...account, difference: 0 })).toBe("");
});

test("a moment goes through the browser's field and back", () => {
  const minute = Math.floor(NOON / 60_000) * 60_000;

  expect(fromField(asField(NOON))).toBe(new Date(minute).toISOString());
  expect(fromField("soon")).toBe("");
});

test("a replay that cannot be says which field is wrong", () => {
  const order = { destinationId: "", from: "2030-01-02T00:00", to: "2030-01-01T00:00", filter: "" };

  expect(Object.keys(problemsOf({ ...order, ratePerSecond: 0 }))).toEqual([
    "destinationId",
    "to",
    "ratePerSecond",
  ]);
});

const entry = (step: string, more: Partial<Entry> = {}): Entry => ({
  at: "2030-01-01T12:00:00Z",
  step,
  sourceId: "s",
  messageId: "m",
  ...more,
});
const lifeOf = (...timeline: Entry[]): Life => ({
  sourceId: "s",
  receivedAt: null,
  states: [],
  timeline,
});

test("each destination has its own part of a life, the gravest first", () => {
  const life = lifeOf(
    entry("received"),
    entry("mapped", { destinationId: "good", subscriptionId: "1" }),
    entry("delivered", { destinationId: "good", subscriptionId: "1" }),
    entry("mapped", { destinationId: "bad", subscriptionId: "2" }),
    entry("waiting", { destinationId: "bad", subscriptionId: "2" }),
    entry("dead", { destinationId: "bad", subscriptionId: "2" }),
  );

  expect(waysOf(life).map(({ destinationId, word }) => [destinationId, word])).toEqual([
    ["bad", "Failed"],
    ["good", "Delivered"],
  ]);
});

test("a delivery that ended stays ended when the word that it was made comes late", () => {
  const life = lifeOf(
    entry("delivered", { destinationId: "d", subscriptionId: "1" }),
    entry("mapped", { destinationId: "d", subscriptionId: "1" }),
  );

  expect(waysOf(life)[0]?.word).toBe("Delivered");
});

test("a trace is looked at again until everything has ended", () => {
  const trace = (...entries: Entry[]) => ({
    messageId: "m",
    events: [lifeOf(...entries)],
    names: {},
  });
  const to = { destinationId: "d", subscriptionId: "1" };

  expect(isUnderWay(trace(entry("received")))).toBe(true);
  expect(isUnderWay(trace(entry("received"), entry("waiting", to)))).toBe(true);
  expect(isUnderWay(trace(entry("received"), entry("delivered", to)))).toBe(false);
});

test("a payload's values are found in the event, the likeliest name first", () => {
  const event = { userId: "7", properties: { total: 10, tax: 10, sku: ["a"] } };
  const origins = originsOf({ tax: 10, who: "7", note: "made" }, event);

  expect(origins.map(({ path, from }) => [path, from[0]])).toEqual([
    ["tax", "properties.tax"],
    ["who", "userId"],
    ["note", undefined],
  ]);
  expect(leftOut({ tax: 10, who: "7" }, event).map(({ path }) => path)).toEqual([
    "properties.sku[0]",
  ]);
  expect(parsed('{"cut')).toBeUndefined();
});

test("the command that sends an event again leaves out what would make it a duplicate", () => {
  const command = asCurl(
    { type: "track", event: "It's", messageId: "m", receivedAt: "x" },
    "https://here.example",
    "key",
  );

  expect(command).toContain("https://here.example/v1/track");
  expect(command).toContain("It'\\''s");
  expect(command).not.toMatch(/messageId|receivedAt/);
});

test("links hold what is looked for, whatever it is made of", () => {
  const wanted = { eventName: "A & B", reason: "filter", step: undefined };

  expect(traceLink("a/b c")).toBe("/events/a%2Fb%20c");
  expect(wantedOf(new URL(eventsLink(wanted), "https://x").searchParams)).toEqual({
    eventName: "A & B",
    reason: "filter",
  });
});

test("changes show what differs, and secrets even where their text does not", () => {
  expect(linesOf({ a: 1, b: 2, key: "•••" }, { a: 1, b: 3, key: "•••" })).toEqual([
    { key: "b", before: "2", after: "3" },
    { key: "key", before: "•••", after: "•••" },
  ]);
});

const FILE = `version: 1
sources:
  other:
    name: Other
  demo:
    destinations:
      my.hook:
        destination: nope
`;

test.each([
  ["sources.demo.destinations.my.hook.destination", 8],
  ["sources.demo.name", 5],
  ["sources.other.name", 4],
  ["nothing", undefined],
])("the place %s of a file is at line %s", (path, line) => {
  expect(lineOfPath(FILE, path)).toBe(line);
});

test("a line that the server names itself is taken", () => {
  expect(lineOf(FILE, { message: "expected… (line 2, column 11)." })).toBe(2);
  expect(FILE.slice(...spanOfLine(FILE, 4))).toBe("    name: Other");
});
