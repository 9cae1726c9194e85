import { expect, test } from "vitest";
import type { Entry } from "../src/pages/catalog/entries";
import {
  categoriesOf,
  defaultInWords,
  isSupported,
  reasonAgainst,
  search,
  slugFor,
} from "../src/pages/catalog/entries";
import {
  type Action,
  actionOf,
  draftOf,
  eventTitle,
  fieldsOf,
  inWords,
  namesOf,
  removedPaths,
} from "../src/pages/destinations/filter_words";
import { healthOf } from "../src/pages/destinations/health";
import { serverCode } from "../src/pages/destinations/secure_mode_code";
import { differencesBetween } from "../src/parts/differences";

const no = { device: false, cloud: false };
const ramen = {
  name: "Ramen",
  slug: "ramen",
  description: "Asks questions.",
  mode: "device",
  categories: ["Surveys"],
  connectionModes: { web: { device: true, cloud: false }, mobile: no, server: no },
} as unknown as Entry;
const webhook = {
  ...ramen,
  name: "Webhook",
  slug: "webhook",
  description: "Sends to a URL.",
  mode: "cloud",
  categories: ["Raw data"],
  connectionModes: {
    web: { device: false, cloud: true },
    mobile: { device: false, cloud: true },
    server: { device: false, cloud: true },
  },
} as unknown as Entry;

test("a mode that is not supported is refused with the reason and what to do", () => {
  expect(isSupported(ramen, "web")).toBe(true);
  expect(reasonAgainst(ramen, "web")).toBeNull();
  expect(reasonAgainst(ramen, "server")).toBe(
    "Ramen runs in a browser, and a server source has none. Choose a web source.",
  );
  expect(reasonAgainst(webhook, "mobile")).toBeNull();
});

test("the catalog is searched by every word, by mode, and by category", () => {
  const names = (text: string, category: string | null = null) =>
    search([ramen, webhook], text, category).map((entry) => entry.name);

  expect(names("")).toEqual(["Ramen", "Webhook"]);
  expect(names("  ASKS questions ")).toEqual(["Ramen"]);
  expect(names("cloud")).toEqual(["Webhook"]);
  expect(names("", "Surveys")).toEqual(["Ramen"]);
  expect(categoriesOf([webhook, ramen])).toEqual(["Raw data", "Surveys"]);
});

test("a default is told as a path, a value, or nothing", () => {
  expect(defaultInWords({ "@path": "$.userId" })).toBe("$.userId");
  expect(defaultInWords("latest")).toBe("latest");
  expect(defaultInWords(null)).toBe("");
  expect(defaultInWords({ "@if": {} })).toBe('{"@if":{}}');
});

test("a source's slug is made of its name, and is not one that is taken", () => {
  expect(slugFor("My Shop!", [])).toBe("my-shop");
  expect(slugFor("My Shop!", ["my-shop", "my-shop-2"])).toBe("my-shop-3");
  expect(slugFor("店", [])).toBe("source");
});

test("the gravest state of a destination is told", () => {
  const calm = { isPaused: false, pause: null, unfinished: 0, deadLetters: 0 };
  const pause = { sinceAt: "", reason: "401", what: "", do: "" };

  expect(healthOf(true, calm).words).toBe("Enabled");
  expect(healthOf(true, undefined).state).toBe("good");
  expect(healthOf(false, calm).state).toBe("idle");
  expect(healthOf(true, { ...calm, unfinished: 1200 }).words).toBe("1,200 waiting");
  expect(healthOf(true, { ...calm, unfinished: 3, deadLetters: 2 }).words).toBe("2 dead letters");
  expect(healthOf(true, { ...calm, deadLetters: 2, isPaused: true, pause }).words).toBe(
    "Paused: action needed",
  );
  expect(healthOf(true, { ...calm, isPaused: true, pause: { ...pause, reason: "owner" } })).toEqual(
    { state: "warn", words: "Paused" },
  );
});

const ACTIONS: Action[] = [
  { type: "DROP" },
  { type: "SAMPLE", percent: 0.1 },
  { type: "SAMPLE", percent: 0.125, path: "userId" },
  { type: "DROP_PROPERTIES", fields: { properties: ["a.b"], traits: ["email"] } },
  { type: "ALLOW_PROPERTIES", fields: { context: ["page"] } },
];

test.each(ACTIONS)("the action $type is the same after it was in the form", (action) => {
  expect(actionOf(draftOf(action))).toEqual(action);
});

test("a property can be named with and without where it stands, once", () => {
  expect(fieldsOf(["email", " properties.email ", "traits.phone", "traits."])).toEqual({
    properties: ["email"],
    traits: ["phone"],
  });
  expect(namesOf({ properties: ["email"], traits: ["phone"] })).toEqual([
    "properties.email",
    "traits.phone",
  ]);
});

test("what a filter does is said in words", () => {
  expect(inWords({ type: "SAMPLE", percent: 0.1, path: "userId" })).toBe(
    "Keeps 10 %, the same for the same userId",
  );
  expect(inWords({ type: "DROP_PROPERTIES", fields: { traits: ["email"] } })).toBe(
    "Removes traits.email",
  );
});

test("what a filter took from an event is named by its path", () => {
  const before = { type: "track", properties: { a: 1, b: { c: 2, d: 3 } } };

  expect(removedPaths(before, { type: "track", properties: { b: { d: 3 } } })).toEqual([
    "properties.a",
    "properties.b.c",
  ]);
  expect(removedPaths(before, before)).toEqual([]);
  expect(eventTitle({ type: "track", event: "Paid" })).toBe("track: Paid");
  expect(eventTitle({ type: "identify" })).toBe("identify");
});

test("two versions are compared by the fields that people see", () => {
  const found = differencesBetween(
    { name: "Name", endpoint: "Endpoint", size: "Size" },
    { name: "A", endpoint: "x", size: null, other: 1 },
    { name: "A", endpoint: "y", other: 2 },
  );

  expect(found).toEqual([{ label: "Endpoint", theirs: "x", mine: "y" }]);
});

test("the code for each server names the organization, and never a secret", () => {
  const codes = serverCode("org-1");

  expect(codes.map((one) => one.name)).toEqual(["Python", "Node", "Ruby", "PHP"]);
  for (const { code } of codes) {
    expect(code).toContain("org-1");
    expect(code).toContain("RAMEN_SECRET");
    expect(code).toContain("auth_hash");
  }
});
