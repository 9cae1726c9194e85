/** What a value can be, in words. Pure. */

import type { Kind } from "./form";

export const KIND_WORDS: Record<Kind, string> = {
  path: "Event value",
  template: "Text with values",
  text: "Text",
  number: "Number",
  boolean: "Yes or no",
  null: "Null",
  coalesce: "First that exists",
  if: "If … then",
  case: "Change case",
  replace: "Replace text",
  merge: "Merge objects",
  flatten: "Flatten",
  json: "JSON text",
  each: "For each item",
  not_null: "Leave nulls out",
  liquid: "Liquid template",
  object: "Object",
  list: "List",
  raw: "JSON",
};

export const KIND_GROUPS: { group: string; kinds: Kind[] }[] = [
  { group: "From the event", kinds: ["path", "template", "liquid"] },
  { group: "Fixed", kinds: ["text", "number", "boolean", "null"] },
  {
    group: "Functions",
    kinds: ["coalesce", "if", "case", "replace", "merge", "flatten", "each", "json", "not_null"],
  },
  { group: "Structure", kinds: ["object", "list", "raw"] },
];

export const KIND_HELP: Partial<Record<Kind, string>> = {
  template: "Values of the event stand in double braces: Hello {{traits.name}}",
  liquid: "A Liquid template with the event in scope: {{ properties.total | times: 100 }}",
  coalesce: "The first of these that the event has is taken.",
  merge: "The objects become one. Where they share a key, one of them wins.",
  flatten: "Keys of inner objects become keys of one: address.city",
  each: "Every item of the list becomes what is said here. Paths start at the item.",
  json: "Turns a value into JSON text, or JSON text into a value.",
  not_null: "What is null is left out.",
};
