/** Finds what is wrong with a mapping before it is used. */

import { isObject, typeOf, type Values } from "./values.js";

/** Returns whether the value is meant as a directive: an object with a key that starts with `@`. */
export function isDirective(value: unknown): value is Values {
  return isObject(value) && Object.keys(value).some((key) => key[0] === "@");
}

type Check = (value: unknown, path: string) => string[];

const said = (path: string, sentence: string): string[] => [`${path || "/"} ${sentence}.`];

function kind(value: unknown): string {
  const type = isDirective(value) ? "directive" : typeOf(value);
  return `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`;
}

/** Makes a check that refuses a value of any other type than the named ones. */
function a(name: string, isRight: (value: unknown) => boolean): Check {
  return (value, path) =>
    isRight(value) ? [] : said(path, `should be ${name} but it is ${kind(value)}`);
}

const isText = (value: unknown): value is string => typeof value === "string";
const string = a("a string", isText);
const boolean = a("a boolean", (value) => typeof value === "boolean");
const array = a("an array", Array.isArray);
const object = a("an object", (value) => isObject(value) && !isDirective(value));
const textOrDirective = a(
  "a string or a mapping directive",
  (value) => isText(value) || isDirective(value),
);
const objectOrDirective = a("a object or a mapping directive", isObject);
const anything = a(
  "a mapping directive or a JSON value",
  (value) => value !== undefined && typeof value !== "function",
);

const length =
  (least: number, most: number): Check =>
  (value, path) => {
    if (!isText(value)) return string(value, path);
    if (value.length < least) return said(path, `should be a string of length ${least} or greater`);
    return value.length > most ? said(path, `should be a string of length ${most} or less`) : [];
  };

const oneOf =
  (...allowed: string[]): Check =>
  (value, path) => {
    if (!isText(value)) return string(value, path);
    return allowed.includes(value.toLowerCase())
      ? []
      : said(path, `should be one of ${allowed.join(", ")} but it is "${value}"`);
  };

/** Makes a check of an object of options; a name that ends with `!` must be there. */
const options =
  (checks: Record<string, Check> = {}): Check =>
  (value, path) => {
    const problems = object(value, path);
    if (problems.length) return problems;
    const inside = walk(value as Values, path);
    if (inside.length) return inside;
    return Object.entries(checks).flatMap(([name, check]) => {
      const key = name.replace("!", "");
      const held = (value as Values)[key];
      if (held !== undefined) return check(held, `${path}/${key}`);
      return name === key ? [] : said(path, `should have field "${key}" but it doesn't`);
    });
  };

const then =
  (first: Check, second: Check): Check =>
  (value, path) => {
    const problems = first(value, path);
    return problems.length ? problems : second(value, path);
  };

const DIRECTIVE_CHECKS: Record<string, Check> = {
  "@path": then(textOrDirective, inspect),
  "@template": then(textOrDirective, inspect),
  "@liquid": string,
  "@literal": then(anything, (value, path) => (isDirective(value) ? inspect(value, path) : [])),
  "@if": options(),
  "@case": options({ operator: string, value: textOrDirective }),
  "@replace": options({
    "pattern!": length(1, 10),
    replacement: length(0, 10),
    "value!": textOrDirective,
    ignorecase: boolean,
    global: boolean,
  }),
  "@arrayPath": then(array, (value, path) => {
    const [root, shape] = value as unknown[];
    return [...then(textOrDirective, inspect)(root, path), ...inspect(shape, path)];
  }),
  "@json": options({ "value!": anything, "mode!": oneOf("encode", "decode") }),
  "@flatten": options({ separator: string, "value!": anything }),
  "@merge": options({
    direction: oneOf("left", "right"),
    "objects!": then(array, (value) => {
      for (const part of value as unknown[]) {
        const problems = then(objectOrDirective, inspect)(part, "");
        if (problems.length) return problems;
      }
      return [];
    }),
  }),
  "@transform": options({ "apply!": objectOrDirective, "mapping!": objectOrDirective }),
};
DIRECTIVE_CHECKS["@excludeWhenNull"] = DIRECTIVE_CHECKS["@literal"] as Check;

function walk(value: Values, path: string): string[] {
  return Object.keys(value).flatMap((key) => inspect(value[key], `${path}/${key}`));
}

function inspect(value: unknown, path: string): string[] {
  if (!isObject(value)) return [];
  if (!isDirective(value)) return walk(value, path);
  const keys = Object.keys(value);
  const names = keys.filter((key) => key[0] === "@");
  const hasOthers = keys.some((key) => key[0] !== "@" && key !== "_metadata");
  if (names.length > 1 || hasOthers) {
    const count = names.length > 1 ? names.length : keys.length;
    return said(path, `should only have one @-prefixed key but it has ${count} keys`);
  }
  const name = names[0] as string;
  const check = DIRECTIVE_CHECKS[name];
  if (!check) return said(path, `has an invalid directive: ${name}`);
  return check(value[name], `${path}/${name}`);
}

/** Returns one sentence for each thing that is wrong with the mapping. Lists are not looked into. */
export function mappingProblems(mapping: unknown): string[] {
  return inspect(mapping, "");
}
