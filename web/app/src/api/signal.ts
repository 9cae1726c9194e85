/** A value outside of React that components can follow. */

import { useSyncExternalStore } from "react";

export interface Signal<T> {
  get(): T;
  set(value: T): void;
  subscribe(call: () => void): () => void;
}

export function signal<T>(start: T): Signal<T> {
  let value = start;
  const followers = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const call of followers) call();
    },
    subscribe(call) {
      followers.add(call);
      return () => followers.delete(call);
    },
  };
}

/** Returns the value, and renders again when it changes. */
export const useSignal = <T>(of: Signal<T>): T => useSyncExternalStore(of.subscribe, of.get);
