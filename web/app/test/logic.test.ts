import { expect, test } from "vitest";
import { ApiError, errorOf, explain } from "../src/api/errors";
import { perStretch } from "../src/api/volumes";
import { problemsOf } from "../src/pages/home/figures";
import { tokens } from "../src/parts/highlight";
import { nextIndex, sorted, turned } from "../src/parts/table_order";
import { ago } from "../src/parts/time_ago";

const NOW = new Date("2030-01-01T12:00:00Z");

test.each([
  [-3, "just now"],
  [-59, "59 seconds ago"],
  [-61, "1 minute ago"],
  [-7200, "2 hours ago"],
  [-86_400, "yesterday"],
  [3600, "in 1 hour"],
])("a moment %d seconds away is %s", (seconds, words) => {
  expect(ago(new Date(NOW.getTime() + seconds * 1000), NOW)).toBe(words);
});

test.each(["javascript", "json", "html", "python", "shell", "yaml", "text"] as const)(
  "colours for %s leave the text as it is",
  (language) => {
    const text = `# a\n<script src="x">const a = 'b\\'c'; // d\n curl -X POST --data '{"a": 1.5}'\nkey: true\n`;

    expect(
      tokens(text, language)
        .map((token) => token.text)
        .join(""),
    ).toBe(text);
  },
);

test("a string is told from a word within it", () => {
  const kinds = tokens('const a = "return 1"', "javascript").map(({ kind, text }) => [kind, text]);

  expect(kinds).toEqual([
    ["word", "const"],
    [undefined, " a = "],
    ["string", '"return 1"'],
  ]);
});

test("rows without a value are last in either direction, and numbers in words count", () => {
  const columns = [{ key: "v", sortBy: (row: { v: string | null }) => row.v }];
  const rows = [{ v: "b10" }, { v: null }, { v: "b9" }];
  const inOrder = (direction: "up" | "down") =>
    sorted(rows, columns, { key: "v", direction }).map((row) => row.v);

  expect(inOrder("up")).toEqual(["b9", "b10", null]);
  expect(inOrder("down")).toEqual(["b10", "b9", null]);
});

test("a head turns its order, and another begins upwards", () => {
  expect(turned({ key: "a", direction: "up" }, "a")).toEqual({ key: "a", direction: "down" });
  expect(turned({ key: "a", direction: "up" }, "b")).toEqual({ key: "b", direction: "up" });
});

test.each([
  ["ArrowDown", 4, 4],
  ["ArrowUp", 0, 0],
  ["End", 0, 4],
  ["Home", 3, 0],
  ["x", 3, undefined],
])("the key %s from row %d leads to %s of five", (key, from, to) => {
  expect(nextIndex(key, from, 5)).toBe(to);
});

test("an answer that is no JSON of ours is an error with something to do", () => {
  const error = errorOf(503, "<html>");

  expect(error).toBeInstanceOf(ApiError);
  expect(explain(error).what).toContain("503");
  expect(explain(error).todo).not.toBe("");
});

test("the first message of each field counts, and what is about none is apart", () => {
  const error = new ApiError(400, [
    { type: "a", message: "First.", field: "name" },
    { type: "b", message: "Second.", field: "name" },
    { type: "c", message: "General." },
  ]);

  expect(error.messagesByField()).toEqual({ name: "First.", "": "General." });
});

test("stretches without events are zero, and sources are added up", () => {
  const start = NOW.getTime();
  const at = (minute: number) => new Date(start + minute * 60_000).toISOString();
  const point = (minute: number, received: number) => ({
    time: at(minute),
    received,
    discarded: 0,
  });

  const counts = perStretch(
    [{ series: [point(0, 1), point(59, 2)] }, { series: [point(59, 4), point(60, 9)] }],
    "hour",
    start,
  );

  expect(counts).toHaveLength(60);
  expect([counts[0], counts[1], counts[59]]).toEqual([1, 0, 6]);
});

test("dead letters and a balance that does not hold are problems, the balance first", () => {
  const account = {
    sourceId: "s",
    destinationId: "d",
    accepted: 0,
    duplicate: 0,
    filtered: 0,
    discarded: 0,
    routed: 0,
    delivered: 0,
    dead: 2,
    waiting: 0,
    unrecorded: 0,
    repeated: 0,
    difference: 0,
  };
  const balance = {
    holds: false,
    isSettled: true,
    missedMessages: 0,
    accounts: [account],
    names: {},
  };

  const found = problemsOf(balance, [{ id: "d", name: "Ripe" }]);

  expect(found.map((problem) => problem.title)).toEqual([
    "Some events are unaccounted for",
    "Ripe: 2 dead letters",
  ]);
});
