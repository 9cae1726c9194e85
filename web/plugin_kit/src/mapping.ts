/** Makes a payload out of an event, by the directives that Segment's mappings are written in. */

import { isDirective, mappingProblems } from "./check.js";
import { isObject, own, typeOf, type Values, withoutUndefined } from "./values.js";

/** A mapping that cannot be used; `messages` has one sentence for each thing wrong with it. */
export class MappingError extends Error {
  constructor(readonly messages: readonly string[]) {
    super(messages.join(" "));
  }
}

/** Pattern and replacement of `@replace` are at most this many UTF-16 units. */
const REPLACE_LENGTH_MAX = 10;
const LIQUID_LENGTH_MAX = 1000;
const ROOT_DIRECTIVE = "__segment_internal_directive";

function fail(message: string): never {
  throw new MappingError([message]);
}

/**
 * Returns what the path leads to, or undefined.
 *
 * A step through null, 0, false or '' ends there and returns that value; a key that holds a dot or
 * a quote cannot be reached. Both are how Segment's mappings behave, and people rely on them.
 */
function lookUp(root: unknown, path: string): unknown {
  if (path === ".") return root;
  const keys = path
    .replace(/\[(?=["'\d])/g, ".")
    .replace(/(["'\d])]+/g, "$1.")
    .split(".")
    .filter(Boolean);
  let value = root;
  for (const key of keys) {
    if (!value) break;
    value = own(value, key.replace(/["']/g, ""));
  }
  return value;
}

function atPath(root: unknown, path: unknown): unknown {
  if (typeof path !== "string") fail(`@path: expected string, got ${typeOf(path)}`);
  return lookUp(root, path.replace("$.", ""));
}

function render(template: unknown, event: unknown): string {
  if (typeof template !== "string") fail(`@template: expected string, got ${typeOf(template)}`);
  const fill = (_: string, path: string): string => {
    const value = lookUp(event, path.trim());
    return value === null || value === undefined ? "" : String(value);
  };
  return template.replace(/{{{([^}]+)}}}/g, fill).replace(/{{([^}]+)}}/g, fill);
}

/** Returns the options of a directive, or fails because they are no object or lack what they need. */
function optionsOf(name: string, options: unknown, wanted: string, ...needed: string[]): Values {
  if (!isObject(options)) fail(`${name} requires an object with ${wanted} key`);
  for (const key of needed) if (!options[key]) fail(`${name} requires a "${key}" key`);
  return options;
}

function replace(value: string, pattern: unknown, by: unknown, options: Values): string {
  for (const [key, text] of Object.entries({ pattern, replacement: by })) {
    if ((text as string).length > REPLACE_LENGTH_MAX) {
      fail(`@replace requires a "${key}" less than ${REPLACE_LENGTH_MAX} characters`);
    }
  }
  const flags = (options.ignorecase ? "i" : "") + ((options.global ?? true) ? "g" : "");
  const literal = (pattern as string).replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return value.replace(new RegExp(literal, flags), by as string);
}

function flatten(value: unknown, options: Values, key: string, flat: Values): Values {
  if (isObject(value) || (Array.isArray(value) && !options.omitArrays)) {
    for (const [inner, held] of Object.entries(value)) {
      flatten(held, options, key ? `${key}${options.separator}${inner}` : inner, flat);
    }
  } else {
    flat[key] = value;
  }
  return flat;
}

function withoutNull(value: unknown): unknown {
  if (!isObject(value)) return value === null ? undefined : value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, withoutNull(held)]));
}

type Directive = (options: unknown, event: unknown) => unknown;

const DIRECTIVES: Record<string, Directive> = {
  "@path": (path, event) => atPath(event, resolve(path, event)),
  "@template": (template, event) => render(resolve(template, event), event),
  "@literal": resolve,
  "@if": (given, event) => {
    const options = optionsOf("@if", given, 'an "exists"');
    if (!options.exists && !options.blank) fail('@if requires an "exists" key or a "blank" key');
    const isExists = options.exists !== undefined;
    const value = resolve(isExists ? options.exists : options.blank, event);
    // Loosely equal to '' are 0, false, [] and [''] too, and all of them count as blank.
    // biome-ignore lint/suspicious/noDoubleEquals: see above.
    const holds = value !== null && value !== undefined && (isExists || value != "");
    if (holds) return resolve(options.then, event);
    return options.else ? resolve(options.else, event) : undefined;
  },
  "@case": (given, event) => {
    const options = optionsOf("@case", given, 'a "operator"', "operator");
    if (!options.value) return undefined;
    const value = resolve(options.value, event);
    if (typeof value !== "string") return value;
    if (options.operator === "lower") return value.toLowerCase();
    if (options.operator === "upper") return value.toUpperCase();
    return fail('operator key should have a value of "lower" or "upper"');
  },
  "@replace": (given, event) => {
    const options = optionsOf("@replace", given, 'a "pattern"', "pattern");
    if (!options.value) return undefined;
    let value = resolve(options.value, event);
    if (typeof value === "number" || typeof value === "boolean") value = String(value);
    if (typeof value !== "string") return "";
    const { pattern2, replacement2 = "" } = options;
    const once = replace(value, options.pattern, options.replacement ?? "", options);
    return typeof pattern2 === "string" && pattern2 && typeof replacement2 === "string"
      ? replace(once, pattern2, replacement2, options)
      : once;
  },
  "@arrayPath": (options, event) => {
    if (!Array.isArray(options)) fail(`@arrayPath expected array, got ${typeOf(options)}`);
    const [path, shape] = options;
    const root = typeof path === "string" ? atPath(event, path) : resolve(path, event);
    if (!(isObject(root) || Array.isArray(root))) return root;
    if (!isObject(shape) || !Object.keys(shape).length) return root;
    return (Array.isArray(root) ? root : [root]).map((item) => resolve(shape, item));
  },
  "@json": (given, event) => {
    const options = optionsOf("@json", given, 'a "value"', "mode", "value");
    const value = resolve(options.value, event);
    if (options.mode === "encode") return JSON.stringify(value);
    if (options.mode !== "decode") return undefined;
    try {
      return typeof value === "string" ? JSON.parse(value) : value;
    } catch {
      return value;
    }
  },
  "@flatten": (given, event) => {
    const options = optionsOf("@flatten", given, 'a "separator"', "separator");
    if (typeof options.separator !== "string") fail("@flatten requires a string separator");
    return flatten(resolve(options.value, event), options, "", {});
  },
  "@merge": (given, event) => {
    const options = optionsOf(
      "@merge",
      given,
      'an "objects" key and a "direction"',
      "direction",
      "objects",
    );
    const { objects } = options;
    if (!Array.isArray(objects)) fail(`@merge: expected opts.array, got ${typeof objects}`);
    const parts = objects.map((part) => resolve(part, event));
    if (resolve(options.direction, event) === "left") parts.reverse();
    return Object.assign({}, ...parts);
  },
  "@transform": (given, event) => {
    const options = optionsOf(
      "@transform",
      given,
      'an "apply" key and a "mapping"',
      "mapping",
      "apply",
    );
    if (!isObject(options.apply)) fail('@transform "apply" key should be an object');
    return resolve(options.mapping, transform(options.apply, event));
  },
  "@excludeWhenNull": (value, event) => withoutNull(resolve(value, event)),
  // Liquid's engine is larger than all of this; the template's own text is what Segment's plugins
  // give as well.
  "@liquid": (template) => {
    if (typeof template !== "string") fail("liquid template value must be a string");
    if (template.length > LIQUID_LENGTH_MAX) {
      fail(`liquid template values are limited to ${LIQUID_LENGTH_MAX} characters`);
    }
    return template;
  },
};

function resolve(mapping: unknown, event: unknown): unknown {
  if (Array.isArray(mapping)) return mapping.map((element) => resolve(element, event));
  if (!isObject(mapping)) return mapping;
  const keys = Object.keys(mapping);
  if (isDirective(mapping) && keys.every((key) => key[0] === "@" || key === "_metadata")) {
    const name = keys.find((key) => key[0] === "@") as string;
    const directive = own(DIRECTIVES, name) as Directive | undefined;
    if (!directive) fail(`${name} is not a valid directive, got ${typeOf(directive)}`);
    return directive(mapping[name], event);
  }
  return Object.fromEntries(keys.map((key) => [key, resolve(mapping[key], event)]));
}

function withRootDirective(mapping: Values): unknown {
  const root = mapping[ROOT_DIRECTIVE];
  if (root === undefined) return mapping;
  const { [ROOT_DIRECTIVE]: _, ...others } = mapping;
  const names = Object.keys(root as Values);
  if (names.length > 1) fail("The root mapping must only have a single directive object");
  const name = names[0] as string;
  const value = (root as Values)[name];
  if (!value || typeof value !== "object") fail("The root directive must be an object");
  return { [name]: { ...value, mapping: others } };
}

/**
 * Returns a function that makes the mapping's payload of an event.
 *
 * The payload holds no undefined in any object, and shares no object or list with the event.
 *
 * @throws MappingError when the mapping cannot be used; the function throws it for an event that
 *   is no object, and for what only shows when a mapping is used.
 */
export function compileMapping(mapping: unknown): (event: unknown) => unknown {
  if (mapping === null || mapping === undefined) {
    fail("Cannot convert undefined or null to object");
  }
  const whole = withRootDirective({ ...(mapping as Values) });
  const problems = mappingProblems(whole);
  if (problems.length) throw new MappingError(problems);
  return (event) => {
    if (!isObject(event)) fail(`data must be an object, got ${typeOf(event)}`);
    return withoutUndefined(resolve(whole, event));
  };
}

/** Returns the payload that the mapping makes of the event; see `compileMapping`. */
export function transform(mapping: unknown, event: unknown): unknown {
  if (!isObject(event)) fail(`data must be an object, got ${typeOf(event)}`);
  return compileMapping(mapping)(event);
}
