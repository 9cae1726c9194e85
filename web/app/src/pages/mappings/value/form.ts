/**
 * What a mapping's value is, for a form. Pure; `write(read(json))` is the same JSON, always.
 *
 * The JSON is what counts: a form is read of it when it is shown, one level at a time, and what no
 * form can show without a loss is shown as JSON.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Fields = { [key: string]: Json };

export type Form =
  | { kind: "path"; path: string }
  | { kind: "template"; text: string }
  | { kind: "text"; text: string }
  | { kind: "number"; number: number }
  | { kind: "boolean"; is: boolean }
  | { kind: "null" }
  | { kind: "coalesce"; choices: Json[] }
  | { kind: "if"; test: "exists" | "blank"; value: Json; yes?: Json; no?: Json }
  | { kind: "case"; operator: "lower" | "upper"; value: Json }
  | {
      kind: "replace";
      pattern: string;
      replacement: string;
      value: Json;
      pattern2?: string;
      replacement2?: string;
      ignorecase?: boolean;
      global?: boolean;
    }
  | { kind: "merge"; direction: "left" | "right"; objects: Json[] }
  | { kind: "flatten"; separator: string; value: Json; omitArrays?: boolean }
  | { kind: "json"; mode: "encode" | "decode"; value: Json }
  | { kind: "liquid"; text: string }
  | { kind: "each"; list: Json; shape?: Json }
  | { kind: "not_null"; value: Json }
  | { kind: "object"; fields: Fields }
  | { kind: "list"; items: Json[] }
  | { kind: "raw"; json: Json };

export type Kind = Form["kind"];

export const isObject = (json: unknown): json is Fields =>
  typeof json === "object" && json !== null && !Array.isArray(json);

/** Returns whether both are the same JSON; the order of keys does not count. */
export function isEqual(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((each, at) => isEqual(each, other[at]));
  }
  if (!isObject(one) || !isObject(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isEqual(one[key], other[key]))
  );
}

/** Returns the form that shows the value. */
export function read(json: Json): Form {
  const form = guess(json);
  return isEqual(write(form), json) ? form : { kind: "raw", json };
}

function guess(json: Json): Form {
  if (json === null) return { kind: "null" };
  if (typeof json === "string") return { kind: "text", text: json };
  if (typeof json === "number") return { kind: "number", number: json };
  if (typeof json === "boolean") return { kind: "boolean", is: json };
  if (Array.isArray(json)) return { kind: "list", items: json };
  const keys = Object.keys(json);
  const name = keys.find((key) => key.startsWith("@"));
  if (name === undefined) return { kind: "object", fields: json };
  const options = json[name] as Json;
  return READERS[name]?.(options, isObject(options) ? options : {}) ?? { kind: "raw", json };
}

const text = (json: Json | undefined): string => (typeof json === "string" ? json : "");

/** Says only what is there, so that what is not there is not put in. */
const some = <Found extends object>(found: Found): Found =>
  Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as Found;

type Reader = (json: Json, options: Fields) => Form;

// What they leave out makes a difference to what is written, and the value is shown as JSON then.
const READERS: Record<string, Reader> = {
  "@path": (json) => ({ kind: "path", path: text(json) }),
  "@template": (json) => ({ kind: "template", text: text(json) }),
  "@liquid": (json) => ({ kind: "liquid", text: text(json) }),
  "@if": (_, options) => {
    const choices = choicesOf({ "@if": options });
    if (choices.length > 1) return { kind: "coalesce", choices };
    const test = options.exists === undefined ? "blank" : "exists";
    return some({
      kind: "if" as const,
      test: test as "exists" | "blank",
      value: options[test] ?? null,
      yes: options.then as Json,
      no: options.else as Json,
    });
  },
  "@case": (_, { operator, value = null }) => ({
    kind: "case",
    operator: operator === "upper" ? "upper" : "lower",
    value,
  }),
  "@replace": (_, options) =>
    some({
      ...(options as { ignorecase?: boolean; global?: boolean }),
      kind: "replace" as const,
      pattern: text(options.pattern),
      replacement: text(options.replacement),
      value: options.value ?? null,
    }),
  "@merge": (_, { direction, objects }) => ({
    kind: "merge",
    direction: direction === "left" ? "left" : "right",
    objects: Array.isArray(objects) ? objects : [],
  }),
  "@flatten": (_, { separator, value = null, omitArrays }) =>
    some({
      kind: "flatten" as const,
      separator: text(separator),
      value,
      omitArrays: omitArrays as boolean,
    }),
  "@json": (_, { mode, value = null }) => ({
    kind: "json",
    mode: mode === "decode" ? "decode" : "encode",
    value,
  }),
  "@arrayPath": (json) => {
    const [list = null, shape] = Array.isArray(json) ? json : [];
    return some({ kind: "each" as const, list, shape: shape as Json });
  },
  "@excludeWhenNull": (value) => ({ kind: "not_null", value }),
};

/** Returns the values of which the first that exists is taken: `if a exists then a else …`. */
function choicesOf(json: Json): Json[] {
  const options = isObject(json) && Object.keys(json).length === 1 ? json["@if"] : undefined;
  if (!isObject(options) || options.exists === undefined) return [json];
  if (!isEqual(options.exists, options.then)) return [json];
  if (!Object.keys(options).every((key) => /^(exists|then|else)$/.test(key))) return [json];
  return options.else === undefined
    ? [options.exists]
    : [options.exists, ...choicesOf(options.else)];
}

const coalesced = ([first = null, ...rest]: readonly Json[]): Json =>
  rest.length === 0 ? first : { "@if": { exists: first, then: first, else: coalesced(rest) } };

/** Returns the value that a form says. */
export function write(form: Form): Json {
  switch (form.kind) {
    case "path":
      return { "@path": form.path };
    case "template":
      return { "@template": form.text };
    case "liquid":
      return { "@liquid": form.text };
    case "text":
      return form.text;
    case "number":
      return form.number;
    case "boolean":
      return form.is;
    case "null":
      return null;
    case "coalesce":
      return coalesced(form.choices);
    case "if": {
      const { test, value, yes, no } = form;
      return { "@if": some({ [test]: value, then: yes, else: no }) as Fields };
    }
    case "each":
      return { "@arrayPath": form.shape === undefined ? [form.list] : [form.list, form.shape] };
    case "not_null":
      return { "@excludeWhenNull": form.value };
    case "object":
      return form.fields;
    case "list":
      return form.items;
    case "raw":
      return form.json;
    default: {
      const { kind, ...options } = form;
      return { [`@${kind}`]: some(options) as Fields };
    }
  }
}

/** Returns a value of another kind, which keeps what it can of the one before. */
export function turned(json: Json, kind: Kind): Json {
  const before = read(json);
  const isEmpty = before.kind === "null" || (before.kind === "text" && before.text === "");
  const value: Json = isEmpty ? { "@path": "" } : json;
  switch (kind) {
    case "path":
      return { "@path": textOf(before) };
    case "template":
      return { "@template": before.kind === "path" ? `{{${bare(before.path)}}}` : textOf(before) };
    case "liquid":
      return { "@liquid": before.kind === "path" ? `{{ ${bare(before.path)} }}` : textOf(before) };
    case "text":
      return before.kind === "path" ? "" : textOf(before);
    case "number":
      return Number(textOf(before)) || 0;
    case "boolean":
      return before.kind === "text" && before.text === "true";
    case "null":
      return null;
    case "coalesce":
      return coalesced([value, { "@path": "" }]);
    case "if":
      return { "@if": { exists: value, then: value } };
    case "case":
      return { "@case": { operator: "lower", value } };
    case "replace":
      return { "@replace": { pattern: " ", replacement: "_", value } };
    case "merge":
      return { "@merge": { direction: "right", objects: [value, {}] } };
    case "flatten":
      return { "@flatten": { separator: ".", value } };
    case "json":
      return { "@json": { mode: "encode", value } };
    case "each":
      return { "@arrayPath": [before.kind === "path" ? before.path : "", {}] };
    case "not_null":
      return { "@excludeWhenNull": value };
    case "object":
      return {};
    case "list":
      return isEmpty ? [] : [json];
    case "raw":
      return json;
  }
}

const bare = (path: string): string => path.replace("$.", "");

function textOf(form: Form): string {
  if (form.kind === "path") return form.path;
  if (form.kind === "text" || form.kind === "template" || form.kind === "liquid") return form.text;
  if (form.kind === "number") return String(form.number);
  return form.kind === "boolean" ? String(form.is) : "";
}
