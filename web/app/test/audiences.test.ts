import { describe, expect, it } from "vitest";
import {
  compared,
  keyOf,
  missing,
  newComputedTrait,
  newEvent,
  newFilter,
  newGroup,
  newTrait,
  plain,
  rootOf,
  suggestedName,
  typedValue,
} from "../src/pages/audiences/builder/model";
import { draftOf, isSame, isWhole, newDraft } from "../src/pages/audiences/output_draft";
import { nameOf } from "../src/pages/audiences/people";
import { toldOf } from "../src/pages/audiences/told";
import { changeOf, lineOf, progressOf } from "../src/pages/audiences/words";
import { idsOf } from "../src/pages/privacy/words";
import { csvOf } from "../src/pages/profiles/csv";
import { ofKind, suggestedTraitName } from "../src/pages/traits/words";

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

describe("the size of an audience", () => {
  const noon = Date.parse("2030-01-02T12:00:00Z");
  const at = "2030-01-01T12:00:00Z";

  it("is compared with 24 hours ago, or with what is known", () => {
    expect(changeOf(12, { dayAgo: 5, points: [{ at, size: 5 }] }, noon)).toBe("+7 in 24 hours");
    expect(changeOf(5, { dayAgo: 5, points: [{ at, size: 5 }] }, noon)).toBe(
      "no change in 24 hours",
    );
    const young = { dayAgo: null, points: [{ at: "2030-01-02T09:00:00Z", size: 9 }] };
    expect(changeOf(4, young, noon)).toBe("-5 in 3 hours");
    expect(changeOf(4, young, Date.parse("2030-01-02T09:05:00Z"))).toBe("-5 in the last hour");
    expect(changeOf(4, { dayAgo: null, points: [] }, noon)).toBeNull();
    expect(changeOf(4, undefined, noon)).toBeNull();
  });

  it("is drawn at its times, and flat where it does not change", () => {
    const corners = lineOf(
      [
        { at: 0, size: 1 },
        { at: 30, size: 3 },
        { at: 40, size: 2 },
      ],
      40,
      14,
    );
    expect(corners).toEqual(["0.0,12.0", "30.0,2.0", "40.0,7.0"]);
    expect(lineOf([{ at: 5, size: 0 }], 40, 14)).toEqual(["0.0,7.0"]);
    expect(lineOf([], 40, 14)).toEqual([]);
  });

  it("ends at its right edge, also where this computer's clock is behind the server's", () => {
    const today = { at: 2_000, size: 3 };

    expect(lineOf([today, { at: 1_000, size: 2 }], 40, 14)).toEqual(["0.0,2.0", "40.0,12.0"]);
    expect(lineOf([{ at: 0, size: 2 }, today, { at: 1_000, size: 3 }], 40, 14)).toEqual([
      "0.0,12.0",
      "40.0,2.0",
      "40.0,2.0",
    ]);
  });
});

describe("how a destination is told", () => {
  it("is whole with a call and the names of its events", () => {
    const draft = newDraft("USERS");
    expect(isWhole(draft)).toBe(true);
    expect(isWhole({ ...draft, sends: [] })).toBe(false);
    expect(isWhole({ ...draft, sends: ["track"], exitedEvent: " " })).toBe(false);
    expect(isSame(draft, { ...draft, sends: ["identify"] })).toBe(true);
    expect(isSame(draft, { ...draft, sends: ["track", "identify"] })).toBe(false);
    expect(newDraft("ACCOUNTS").sends).toEqual(["group"]);
    const output = { ...draft, destinationId: "d", name: "D" } as never;
    expect(draftOf(output)).toEqual(draft);
  });

  it("is read from the events of this audience to this destination", () => {
    const told = (id: string, destination: string, rest: object) => ({
      sourceId: "src",
      messageId: "m",
      receivedAt: "2030-01-01T12:00:00Z",
      type: "identify",
      name: null,
      event: {
        context: { personas: { computation_id: id } },
        integrations: { All: false, [destination]: true },
        ...rest,
      },
    });
    const one = { id: "aud_1", key: "buyers" };
    const events = [
      told("aud_1", "dst_1", { userId: "ada", traits: { buyers: true } }),
      told("aud_2", "dst_1", { userId: "ada", traits: { buyers: true } }),
      told("aud_1", "dst_2", { userId: "ada", traits: { buyers: true } }),
      {
        ...told("aud_1", "dst_1", { anonymousId: "b1", properties: { buyers: false } }),
        type: "track",
      },
    ];
    expect(toldOf(events, one, "dst_1").map(({ kind, who, value }) => [kind, who, value])).toEqual([
      ["user_id", "ada", true],
      ["anonymous_id", "b1", false],
    ]);
  });
});

describe("the name of a computed trait", () => {
  it("is suggested of what is computed", () => {
    const count = { ...newComputedTrait(), event: "Order Completed" };
    expect(suggestedTraitName(count)).toBe("Order Completed Count");
    expect(suggestedTraitName({ ...ofKind(count, "sum"), of: "total" })).toBe("Sum of total");
    expect(suggestedTraitName(ofKind(count, "sum"))).toBe("");
    expect(suggestedTraitName(newComputedTrait())).toBe("");
  });
});
