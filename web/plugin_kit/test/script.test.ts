// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { loadScript } from "../src/script.js";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Catches the script tags before the DOM of the test goes looking for them. */
function tags(): HTMLScriptElement[] {
  const made: HTMLScriptElement[] = [];
  vi.spyOn(document.head, "appendChild").mockImplementation((node) => {
    made.push(node as unknown as HTMLScriptElement);
    return node;
  });
  return made;
}

test("a script is loaded once, however often it is asked for", async () => {
  const made = tags();

  const [first, second] = [
    loadScript("https://v.example/1.js"),
    loadScript("https://v.example/1.js"),
  ];
  made[0]?.onload?.(new Event("load"));

  await Promise.all([first, second]);
  expect(made).toHaveLength(1);
  expect(made[0]?.async).toBe(true);
});

test("a script that cannot be loaded is told by its address", async () => {
  const made = tags();

  const load = loadScript("https://v.example/2.js");
  made[0]?.onerror?.(new Event("error"));

  await expect(load).rejects.toThrow("https://v.example/2.js could not be loaded.");
});

test("a script that does not answer is given up", async () => {
  vi.useFakeTimers();
  tags();

  const load = expect(loadScript("https://v.example/3.js")).rejects.toThrow("could not be loaded");
  await vi.advanceTimersByTimeAsync(30_000);

  await load;
});
