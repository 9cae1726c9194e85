import { describe, expect, it } from "vitest";
import { inOrder, meantBy, whereItRuns } from "../src/pages/catalog/entries";
import { firstTest, sandboxOf, shopFor, testEvent } from "../src/pages/destinations/tests";
import { numbered } from "../src/pages/events/life";
import { messageFor } from "../src/parts/field_note";
import { cardsBelow } from "../src/parts/table_width";

const entry = (slug: string, vendor: string, mode: "device" | "cloud", kinds: string[]) =>
  ({
    slug,
    vendor,
    mode,
    name: `${vendor[0]?.toUpperCase()}${vendor.slice(1)} ${mode}`,
    connectionModes: Object.fromEntries(
      kinds.map((kind) => [kind, { device: mode === "device", cloud: mode === "cloud" }]),
    ),
  }) as unknown as Parameters<typeof meantBy>[0][number];
const DEVICE = entry("actions-ripe", "ripe", "device", ["web"]);
const CLOUD = entry("actions-ripe-cloud", "ripe", "cloud", ["web", "mobile", "server"]);
const SERVER = entry("ramen-server", "ramen", "cloud", ["server"]);

describe("the catalog", () => {
  it("says where each destination runs", () => {
    expect([DEVICE, CLOUD, SERVER].map(whereItRuns)).toEqual([
      "In the browser, with Ripe's own script.",
      "From the server, for websites, apps and backends.",
      "From the server.",
    ]);
  });

  it("keeps those of one vendor together, the browser's first", () => {
    expect(inOrder([CLOUD, SERVER, DEVICE])).toEqual([SERVER, DEVICE, CLOUD]);
  });

  it("finds what a short address means", () => {
    const all = [CLOUD, SERVER, DEVICE];
    expect(meantBy(all, "Ripe")).toEqual([DEVICE, CLOUD]);
    expect(meantBy(all, "ramen")).toEqual([SERVER]);
    expect(meantBy(all, "pigeon")).toEqual([]);
  });
});

describe("trying a destination", () => {
  it("begins with a type of event that it takes", () => {
    const presets = (...triggers: string[]) =>
      ({ presets: triggers.map((trigger) => ({ trigger })) }) as Parameters<typeof firstTest>[0];
    expect(firstTest(presets('type = "group"', 'type = "track"'))).toBe("track");
    expect(firstTest(presets('type = "identify" and userId != null'))).toBe("identify");
    expect(firstTest(presets())).toBe("track");
  });

  it("sends nobody's real event", () => {
    const event = testEvent("track", new Date(0), "1");
    expect(event).toMatchObject({ messageId: "test-1", userId: "test-user", event: "Test Event" });
  });

  it("knows which sandbox the settings lead to", () => {
    expect(sandboxOf({ apiKey: null, endpoint: "http://a.example/sandbox/ripe/event" })).toBe(
      "/sandbox/ripe/",
    );
    expect(sandboxOf({ endpoint: "https://api.getripe.com/event" })).toBeNull();
    expect(shopFor("a key")).toBe("/demo/?writeKey=a%20key");
  });
});

it("says what is missing by the field's own name", () => {
  const field = (missing: boolean, type = "text") =>
    ({
      labels: [{ textContent: "API key *" }],
      validity: { valueMissing: missing, typeMismatch: !missing },
      type,
      validationMessage: "The browser's",
    }) as unknown as Parameters<typeof messageFor>[0];
  expect(messageFor(field(true))).toBe("API key is required.");
  expect(messageFor(field(false, "email"))).toContain("email address");
  expect(messageFor(field(false))).toBe("The browser's");
});

it("counts the attempts of a delivery from 1, whatever the server numbered them from", () => {
  const entry = (step: string, attempt: number, durationSeconds?: number) => ({
    at: "2030-01-01T12:00:00Z",
    sourceId: "src_1",
    messageId: "m",
    step,
    attempt,
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  });
  const never = [entry("failed", 0), entry("sent_again", 1), entry("delivered", 2, 0.1)];
  expect(numbered(never).map((one) => one.attempt)).toEqual([0, 1, 1]);
  const often = [entry("waiting", 1, 0.1), entry("waiting", 2, 0.1), entry("delivered", 3, 0.1)];
  expect(numbered(often).map((one) => one.attempt)).toEqual([1, 2, 3]);
});

it("shows rows as cards where a table's columns would not have room", () => {
  expect(cardsBelow(["minmax(0, 2fr)", undefined])).toBe(768);
  const delivery = ["minmax(0, 2.2fr)", "150px", ...Array(5).fill("minmax(64px, 0.7fr)"), "110px"];
  expect(cardsBelow(delivery)).toBe(1198);
});
