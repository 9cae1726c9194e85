import { matches, parse } from "@crossdock/plugin-kit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { vectors } from "../../plugin_kit/test/vectors";
import {
  type Condition,
  type Group,
  type Item,
  missingOf,
  type Operator,
  read,
  typedPath,
  write,
} from "../src/pages/mappings/trigger/model";
import { triggerWords } from "../src/pages/mappings/trigger/words";
import * as form from "../src/pages/mappings/value/form";
import { foundPaths, pathsOf } from "../src/pages/mappings/value/paths";

const group = (text: string): Group => {
  const found = read(text);
  if (found.state !== "shown") throw new Error(`${text}: ${JSON.stringify(found)}`);
  return found.group;
};

describe("FQL that the builder shows", () => {
  const lines = vectors<{ fql: string; event: unknown }>("fql.jsonl").filter(
    ({ fql }) => read(fql).state === "shown",
  );

  test("is most of what people write", () => expect(lines.length).toBeGreaterThan(250));

  test.each(lines.map(({ fql, event }) => [fql, event] as const))(
    "survives the way to text and back, and means the same: %s",
    (fql, event) => {
      const shown = group(fql);
      const complete = shown.items.every(
        (item) => item.kind === "group" || missingOf(item) === undefined,
      );
      const written = write(shown);

      if (complete && JSON.stringify(shown).indexOf('"value":""') < 0) {
        expect(group(written)).toEqual(shown);
        expect(matches(parse(written), event)).toBe(matches(parse(fql), event));
      }
    },
  );
});

const value = fc.oneof(
  fc.string({
    minLength: 1,
    unit: fc.constantFrom("a", "é", " ", '"', "'", "*", "?", "[", "]", "("),
  }),
  fc.integer(),
  fc.boolean(),
);
const condition: fc.Arbitrary<Condition> = fc
  .record({
    path: fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 }),
    operator: fc.constantFrom<Operator>(
      ...(["is", "is_not", "contains", "starts", "ends", "not_ends", "exists"] as const),
      ...(["not_exists", "more", "at_most", "in", "not_in", "not_contains"] as const),
    ),
    value,
    number: fc.integer(),
    text: fc.string({
      minLength: 1,
      unit: fc.constantFrom("a", "B", "*", "?", "[", "]", '"', "'"),
    }),
  })
  .map(({ path, operator, value, number, text }) => ({
    kind: "condition",
    path,
    operator,
    value: /exists/.test(operator)
      ? null
      : /in$/.test(operator) && !/contains/.test(operator)
        ? [value, number]
        : /more|most/.test(operator)
          ? number
          : /is/.test(operator)
            ? value
            : text,
  }));
const conditions: fc.Arbitrary<Group> = fc.record({
  kind: fc.constant("group" as const),
  joint: fc.constantFrom("and" as const, "or" as const),
  items: fc.array(
    fc.oneof(
      condition,
      fc.record({
        kind: fc.constant("group" as const),
        joint: fc.constantFrom("and" as const, "or" as const),
        items: fc.array(condition, { minLength: 2, maxLength: 3 }),
      }),
    ) as fc.Arbitrary<Item>,
    { minLength: 2, maxLength: 4 },
  ),
});

test("whatever is built is written so that it is built again", () => {
  fc.assert(
    fc.property(conditions, (built) => {
      expect(group(write(built))).toEqual(built);
    }),
  );
});

test.each([
  ["lowercase(event) = 'a'", "text"],
  ["!(type = 'a' or type = 'b')", "text"],
  ["event = properties.name", "text"],
  ["type =", "wrong"],
  ["", "wrong"],
])("%s is left as it is, as a text: %s", (fql, state) => {
  expect(read(fql).state).toBe(state);
});

test("what is not complete is left out of the text", () => {
  const started: Condition = {
    kind: "condition",
    path: ["properties", ""],
    operator: "is",
    value: "",
  };
  const { items } = group("type = 'track'");

  expect(write({ kind: "group", joint: "and", items: [...items, started] })).toBe('type = "track"');
});

test.each([
  ['type = "track"', "Event type is Track"],
  [
    'type = "track" and (event = "Bought" or properties.total >= 10)',
    "Event type is Track and (event name is Bought or property total is at least 10)",
  ],
  [
    'type in ["page", "screen"] and traits.plan != null',
    "Event type is one of Page, Screen and trait plan exists",
  ],
  ["lowercase(event) = 'a'", "lowercase(event) = 'a'"],
  ["type", "Event type is true"],
  ["type =", "The trigger cannot be read"],
])("%s is in words: %s", (fql, words) => {
  expect(triggerWords(fql)).toBe(words);
});

test.each([
  ["$.properties.total", ["properties", "total"]],
  ["properties.a\\.b", ["properties", "a.b"]],
  ["properties.two words", ["properties", "two words"]],
])("the path %s that somebody types is %j", (typed, keys) => {
  expect(typedPath(typed)).toEqual(keys);
});

describe("a mapping's value survives the way into a form and back", () => {
  const everywhere = (json: unknown, seen: form.Json[]): form.Json[] => {
    if (json !== undefined) seen.push(json as form.Json);
    if (typeof json === "object" && json !== null) {
      for (const inner of Object.values(json)) everywhere(inner, seen);
    }
    return seen;
  };
  const lines = vectors<{ id: number; mapping: unknown }>("mapping.jsonl");

  test.each(lines.map(({ id, mapping }) => [id, mapping] as const))("%i", (_, mapping) => {
    for (const json of everywhere(mapping, [])) {
      expect(form.write(form.read(json))).toEqual(json);
    }
  });

  test("and few need the JSON", () => {
    const kinds = lines
      .filter(({ mapping }) => typeof mapping === "object")
      .flatMap(({ mapping }) => Object.values(mapping ?? {}).map((json) => form.read(json).kind));
    expect(kinds.filter((kind) => kind === "raw").length / kinds.length).toBeLessThan(0.2);
  });
});

test("the first of several that exists is one list", () => {
  const json = {
    "@if": {
      exists: { "@path": "$.name" },
      then: { "@path": "$.name" },
      else: { "@if": { exists: { "@path": "$.b" }, then: { "@path": "$.b" }, else: "none" } },
    },
  };

  expect(form.read(json)).toEqual({
    kind: "coalesce",
    choices: [{ "@path": "$.name" }, { "@path": "$.b" }, "none"],
  });
});

test("a value that is turned into another kind keeps what it can", () => {
  const path = { "@path": "$.event" };

  expect(form.turned(path, "template")).toEqual({ "@template": "{{event}}" });
  expect(form.turned(path, "case")).toEqual({ "@case": { operator: "lower", value: path } });
  expect(form.turned("5", "number")).toBe(5);
});

test("an event's paths are found by name and by value, without what no path reaches", () => {
  const paths = pathsOf({ event: "Bought", properties: { "a.b": 1, items: [{ id: "x" }] } });

  expect(paths.map(({ path }) => path)).toEqual([
    "$.event",
    "$.properties",
    "$.properties.items",
    "$.properties.items[0]",
    "$.properties.items[0].id",
  ]);
  expect(foundPaths(paths, "bought").map(({ path }) => path)).toEqual(["$.event"]);
  expect(foundPaths(paths, "$.properties.items[0].i")).toHaveLength(1);
});
