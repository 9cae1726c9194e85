import { describe, expect, test } from "vitest";
import { type MappingError, transform } from "../src/mapping.js";
import { vectors } from "./vectors.js";

interface MappingVector {
  id: number;
  cat: string;
  mapping: unknown;
  event: unknown;
  result?: unknown;
  error?: { name: string; messages: string[] };
}

/** Lines whose result is the work of Liquid's engine, which the browser does not carry. */
const needsLiquid = (vector: MappingVector): boolean =>
  vector.cat === "liquid" && JSON.stringify(vector.mapping).includes("@liquid");

describe("a mapping gives what the reference gives", () => {
  const lines = vectors<MappingVector>("mapping.jsonl").filter((vector) => !needsLiquid(vector));

  test.each(lines.map((vector) => [`${vector.cat} ${vector.id}`, vector] as const))(
    "%s",
    (_, vector) => {
      let result: unknown;
      let messages: readonly string[] | undefined;
      try {
        result = transform(structuredClone(vector.mapping), vector.event);
      } catch (error) {
        messages = (error as MappingError).messages ?? [String(error)];
      }
      expect(messages).toEqual(vector.error?.messages);
      expect(result).toStrictEqual(vector.result);
    },
  );
});

// The vectors have these only as found by the check beforehand, which does not look into lists.
test.each([
  ["@if", 'an "exists" key'],
  ["@case", 'a "operator" key'],
  ["@replace", 'a "pattern" key'],
  ["@json", 'a "value" key'],
  ["@flatten", 'a "separator" key'],
  ["@merge", 'an "objects" key and a "direction" key'],
  ["@transform", 'an "apply" key and a "mapping" key'],
])("%s without an object of options, in a list, says what the reference says", (name, wanted) => {
  expect(() => transform({ x: [{ [name]: "s" }] }, {})).toThrow(
    `${name} requires an object with ${wanted}`,
  );
});
