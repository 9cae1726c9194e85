/// <reference types="node" />
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FqlError, matches, parse, type Tree } from "../src/fql.js";
import { vectors } from "./vectors.js";

interface FqlVector {
  id: number;
  cat: string;
  fql: string;
  event: unknown;
  result?: boolean;
}

/** Lines on which Segment's runtime departs from its documentation, with the reasons. */
const EXEMPT: Record<string, string> = JSON.parse(
  readFileSync(new URL("../../../tests/vectors/fql_exempt.json", import.meta.url), "utf8"),
);

function tree(text: string): Tree | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

describe("a condition gives what the reference gives, where that follows its documentation", () => {
  const lines = vectors<FqlVector>("fql.jsonl").filter((vector) => !(vector.id in EXEMPT));

  test("and that is most of them", () => {
    expect(lines.length).toBeGreaterThan(350);
  });

  test.each(lines.map((vector) => [`${vector.id} ${vector.fql}`, vector] as const))(
    "%s",
    (_, vector) => {
      const read = tree(vector.fql);
      expect(read !== undefined && matches(read, vector.event)).toBe(vector.result ?? false);
    },
  );
});

const EVENT = {
  type: "track",
  event: "Order Completed",
  userId: null,
  properties: {
    total: 12.5,
    zero: 0,
    tags: ["a", "b"],
    vip: true,
    name: "Größe",
    "two words": 1,
    "a.b": 2,
    nested: { deep: { er: "x" } },
  },
};

test.each([
  ["type = 'track'", true],
  ["type = 'page' or type = 'track' and event = 'Nope'", false],
  ["type = 'track' or type = 'page' and event = 'Nope'", true],
  ["(type = 'page' or (type = 'track' and (event = 'Order Completed')))", true],
  ["!(type = 'page')", true],
  ["!contains(event, 'Order')", false],
  ["!!contains(event, 'Order')", true],
  ["properties.total >= 12.5 and properties.total < 13", true],
  ["properties.total = '12.5'", false],
  ["properties.missing = null", true],
  ["userId = null and properties.missing.deeper = null", true],
  ["properties.missing != 'x'", true],
  ["type in ['page', \"track\"]", true],
  ["properties.total in [12.5]", true],
  ["properties.missing in []", false],
  ["properties.tags = ['a', 'b']", true],
  ["'a' in properties.tags", true],
  ["properties.two\\ words = 1", true],
  ["properties.a\\.b = 2", true],
  ["properties.nested.deep.er = 'x'", true],
  ["length(properties.tags) = 2", true],
  ["length(properties.name) = 7", true],
  ["length(properties.missing) = 0", true],
  ["lowercase(event) = 'order completed'", true],
  ["uppercase(event) = 'ORDER COMPLETED'", true],
  ["snakecase(event) = 'order_completed'", true],
  ["kebabcase(event) = 'order-completed'", true],
  ["titlecase('order completed') = event", true],
  ["lowercase(properties.missing) = null", true],
  ["typeof(properties.total) = 'number' and typeof(properties.tags) = 'list'", true],
  ["typeof(properties.vip) = 'bool' and typeof(properties.missing) = 'null'", true],
  ["typeof(event) = 'string'", true],
  ["match(event, 'Order*')", true],
  ["match(event, 'Order')", false],
  ["match(event, 'order*')", false],
  ["match(event, '?rder [A-C]ompleted')", true],
  ["match('a*b', 'a\\*b') and !match('axb', 'a\\*b')", true],
  ["match('a]b', 'a[]]b') and match('a[b', 'a[b')", true],
  ["match(event, '[!X]rder*') and !match(event, '[^O]rder*')", true],
  ["match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac', '*a*a*a*a*a*a*a*a*a*a*b')", false],
  ["!type = 'page'", true],
  ["'it\\'s' = \"it's\"", true],
  ["properties.tags.0 = 'a' and properties.tags.length = null", true],
  ["event.length = null", true],
  ["bool('TRUE') and bool(1) and !bool('x')", true],
  ['string(properties.tags) = \'["a","b"]\'', true],
  ["number(true) = 1 and number(' ') = null", true],
  ["match(properties.missing, '*')", false],
  ["contains(properties.missing, 'x')", false],
  ["contains(properties.total, '1')", false],
  ["bool('true') and number('2') = 2 and string(2) = '2'", true],
  ["properties.vip", true],
  ["properties.total", false],
  ["properties.constructor = null", true],
])("%s is %s", (text, expected) => {
  expect(matches(parse(text), EVENT)).toBe(expected);
});

test.each([
  ["", 0],
  ["type =", 6],
  ["type = 'track' and", 18],
  ["(type = 'track'", 15],
  ["type = 'track') ", 14],
  ["type == 'track'", 6],
  ['type = "track', 7],
  ["nothing(event)", 0],
  ["contains(event)", 0],
  ["type % 2", 5],
])("%s cannot be read, and the message says where", (text, position) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ position }));
  expect(() => parse(text)).toThrow(FqlError);
});

test("an event that is no object meets no condition", () => {
  expect(matches(parse("type = null"), null)).toBe(false);
});
