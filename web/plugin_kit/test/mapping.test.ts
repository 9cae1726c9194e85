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
