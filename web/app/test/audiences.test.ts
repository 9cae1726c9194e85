import { describe, expect, it } from "vitest";
import {
  compared,
  keyOf,
  missing,
  newEvent,
  newFilter,
  newGroup,
  newTrait,
  plain,
  rootOf,
  suggestedName,
  typedValue,
} from "../src/pages/audiences/builder/model";
import { nameOf } from "../src/pages/audiences/people";
import { progressOf } from "../src/pages/audiences/words";
import { idsOf } from "../src/pages/privacy/words";
import { csvOf } from "../src/pages/profiles/csv";

const event = { ...newEvent(), event: "Order Completed" };

describe("the builder's model", () => {
  it("says what is still to be filled in", () => {
    expect(missing(newGroup())).toBe("Add a condition.");
    expect(missing(newGroup([newEvent()]))).toBe("Choose the event.");
    expect(missing(newGroup([event]))).toBeNull();
    const filtered = { ...event, where: { match: "all" as const, filters: [newFilter()] } };
    expect(missing(filtered)).toBe("Choose the property.");
    expect(missing({ ...newTrait(), path: "plan" })).toContain("plan");
    expect(missing({ ...newTrait(), path: "plan", values: [0] })).toBeNull();
  });

  it("wraps a single condition in a group, and takes it out again", () => {
    expect(rootOf(event).conditions).toEqual([event]);
    expect(plain(rootOf(event))).toEqual(event);
    expect(plain({ ...newGroup([event]), negated: true })).toEqual({ ...event, negated: true });
    expect(plain(newGroup([newGroup([event]), event]))).toEqual(newGroup([event, event]));
  });

  it("keeps what fits when the comparison changes", () => {
    const trait = { ...newTrait(), values: ["pro"] };
    expect(compared(trait, "one_of").values).toEqual(["pro"]);
    expect(compared(trait, "exists").values).toEqual([]);
    expect(compared(trait, "within_last").span).toEqual({ amount: 30, unit: "days" });
    expect(compared(compared(trait, "exists"), "equals").values).toEqual([""]);
  });

  it("reads numbers as numbers, and what only looks like one as text", () => {
    expect([..."1 1.5 -2 0 007 1. true a".split(" ")].map(typedValue)).toEqual([
      1,
      1.5,
      -2,
      0,
      "007",
      "1.",
      true,
      "a",
    ]);
  });

  it("suggests a name, of which the key is made", () => {
    expect(suggestedName(newGroup([event]))).toBe("Order Completed Last 30 Days");
    expect(keyOf("Order Completed, Last 30 Days!")).toBe("order_completed_last_30_days");
  });
});

describe("words", () => {
  it("calls people by what is known best", () => {
    const of = (traits: Record<string, unknown>, ...ids: [string, string][]) =>
      nameOf({
        id: "7",
        traits,
        identifiers: ids.map(([type, value]) => ({
          type,
          value,
          firstSeenAt: "",
          sourceId: "",
          messageId: "",
        })),
      });
    expect(of({ name: "Ada" }, ["user_id", "1"])).toBe("Ada");
    expect(of({ firstName: "Ada", lastName: "L" })).toBe("Ada L");
    expect(of({}, ["anonymous_id", "x"], ["email", "a@b.c"])).toBe("a@b.c");
    expect(of({})).toBe("Profile 7");
  });

  it("tells how far a first sync is", () => {
    const sync = { total: 200, told: 50, waiting: 150, startedAt: "", finishedAt: null };
    expect(progressOf({ enabled: true, inBrowser: false, sync })).toMatchObject({
      percent: 25,
      isDone: false,
    });
    const done = { ...sync, told: 200, waiting: 0, finishedAt: "now" };
    const { words } = progressOf({ enabled: true, inBrowser: false, sync: done });
    expect(words).toContain("changes go out at once");
  });

  it("has no first sync for what is told in browsers", () => {
    const told = progressOf({ enabled: true, inBrowser: true, sync: null });
    expect(told).toMatchObject({ percent: null, isDone: true });
    expect(told.words).toContain("next identify");
  });

  it("takes user ids apart, each once", () => {
    expect(idsOf("a, b\n\nb\n c ")).toEqual(["a", "b", "c"]);
  });

  it("writes CSV that no spreadsheet takes for formulas", () => {
    expect(
      csvOf(
        ["a", "b"],
        [
          ['x"y', "=1+1"],
          [null, -2],
        ],
      ),
    ).toBe('a,b\r\n"x""y",\'=1+1\r\n,-2\r\n');
  });
});
