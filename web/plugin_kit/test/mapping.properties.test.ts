import fc from "fast-check";
import { expect, test } from "vitest";
import { MappingError, transform } from "../src/mapping.js";

const key = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
const value = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: "small" }, leaf, fc.array(tie("any")), fc.dictionary(key, tie("any"))),
})).any;
const event = fc.dictionary(key, value);
const path = key.map((name) => ({ "@path": `$.${name}` }));

test("data without a directive comes out as it went in, and as a copy", () => {
  fc.assert(
    fc.property(fc.dictionary(key, value), (data) => {
      const result = transform(data, {});
      expect(result).toEqual(data);
      expect(result).not.toBe(data);
    }),
  );
});

test("a path gives what the event holds there, and the payload shares nothing with it", () => {
  fc.assert(
    fc.property(event, key, (given, name) => {
      const result = transform({ x: { "@path": `$.${name}` } }, given) as Record<string, unknown>;
      expect(result).toEqual(name in given ? { x: given[name] } : {});
      if (typeof given[name] === "object" && given[name]) expect(result.x).not.toBe(given[name]);
    }),
  );
});

test("neither mapping nor event is changed", () => {
  const directive = fc.oneof(
    path,
    fc.tuple(path, path).map(([first, second]) => ({
      "@merge": { direction: "left", objects: [first, second] },
    })),
    path.map((of) => ({ "@replace": { pattern: "a", value: of } })),
    path.map((of) => ({ "@flatten": { separator: ".", value: of } })),
    path.map((of) => ({ "@json": { mode: "encode", value: of } })),
  );
  fc.assert(
    fc.property(fc.dictionary(key, directive), event, (mapping, given) => {
      const before = JSON.stringify([mapping, given]);
      transform(mapping, given);
      expect(JSON.stringify([mapping, given])).toBe(before);
    }),
  );
});

test("encoding and decoding give the value back", () => {
  fc.assert(
    fc.property(fc.dictionary(key, value), (held) => {
      const encode = { "@json": { mode: "encode", value: { "@path": "$.held" } } };
      const decode = { "@json": { mode: "decode", value: { "@path": "$.text" } } };
      const { text } = transform({ text: encode }, { held }) as { text: string };
      expect(transform({ held: decode }, { text })).toEqual({ held });
    }),
  );
});

test("whatever a mapping is, it makes a payload or says what is wrong with it", () => {
  const names = ["@path", "@if", "@case", "@replace", "@arrayPath", "@json", "@merge", "@nope"];
  const anything = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(
        fc.oneof(key, fc.constantFrom(...names, "exists", "then", "value", "mode")),
        tie("any"),
        { maxKeys: 4 },
      ),
    ),
  })).any;
  fc.assert(
    fc.property(anything, event, (mapping, given) => {
      try {
        transform(mapping, given);
      } catch (error) {
        expect(error).toBeInstanceOf(MappingError);
      }
    }),
  );
});
