/** Whether the server can be reached. While it cannot, it is asked again and again. */

import { signal } from "./signal";

const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 5_000;

/** False from the first request without an answer until the server answers again. */
export const reach = signal(true);

const whenBack = new Set<() => void>();

/** Calls back each time the server can be reached again; returns how to stop that. */
export function onBack(call: () => void): () => void {
  whenBack.add(call);
  return () => whenBack.delete(call);
}

/** Says that a request got no answer. */
export function lost(): void {
  if (!reach.get()) return;
  reach.set(false);
  tryAgain(WAIT_MS_MIN);
}

function tryAgain(waitMs: number): void {
  setTimeout(async () => {
    const isBack = await fetch("/readyz", { cache: "no-store" }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (!isBack) {
      tryAgain(Math.min(waitMs * 2, WAIT_MS_MAX));
      return;
    }
    reach.set(true);
    for (const call of whenBack) call();
  }, waitMs);
}
