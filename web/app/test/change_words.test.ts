import { expect, test } from "vitest";
import { changeInWords } from "../src/parts/change_words";

const entry = { change: "changed", kind: "source", objectId: "src_1", objectName: "shop" };

test("a change is told with what it was of", () => {
  expect(changeInWords(entry)).toBe("changed the source shop");
  expect(changeInWords({ ...entry, kind: "computed_trait", objectName: "total_spent" })).toBe(
    "changed the computed trait total_spent",
  );
  expect(changeInWords({ ...entry, kind: "token", objectName: "CI" })).toBe(
    "changed the API token CI",
  );
  expect(changeInWords({ ...entry, kind: "audience", objectName: "" })).toBe("changed an audience");
});

test("what was done to deliveries names the destination, or none, and no address", () => {
  const paused = {
    change: "pause",
    kind: "connection",
    objectId: "dst_1",
    objectName: "/destinations/dst_1/pause",
  };

  expect(changeInWords(paused, new Map([["dst_1", "Ripe"]]))).toBe("paused the destination Ripe");
  expect(changeInWords(paused)).toBe("paused a destination");
});

test("a sign-in does not name the person twice, and a refused one says as whom", () => {
  const session = { ...entry, kind: "session", objectName: "ada@example.com" };

  expect(changeInWords({ ...session, change: "signed in" })).toBe("signed in");
  expect(changeInWords({ ...session, change: "sign-in refused" })).toBe(
    "was refused at sign-in: ada@example.com",
  );
});
