/**
 * Ripe's SDK, sandbox edition: `window.Ripe` with init, identify, group, track and page.
 *
 * It keeps the current ids: after `group` later calls carry that group id, after `identify` that
 * user id, after `reset` neither.
 */

import { Memory, newId } from "../memory";
import { Outbox } from "../outbox";

type Payload = Record<string, unknown>;

interface CurrentIds {
  anonymousId: string;
  userId: string;
  groupId: string;
}

const EARLY_CALLS_MAX = 500;

class RipeSdk {
  readonly isSandbox = true;
  private apiKey: string | null = null;
  private readonly early: [string, Payload][] = [];
  private readonly memory = new Memory<CurrentIds>("ripe_ids");
  private readonly outbox = new Outbox();

  constructor(private readonly endpoint: string) {}

  init(apiKey: string): Promise<void> {
    if (this.apiKey === null) {
      this.apiKey = String(apiKey);
      for (const [call, payload] of this.early.splice(0)) this.send(call, payload);
    }
    return Promise.resolve();
  }

  identify(payload: Payload = {}): void {
    this.send("identify", payload);
  }

  group(payload: Payload = {}): void {
    this.send("group", payload);
  }

  track(payload: Payload = {}): void {
    this.send("track", payload);
  }

  page(payload: Payload = {}): void {
    this.send("page", payload);
  }

  reset(): void {
    this.memory.set({});
  }

  private send(call: string, payload: Payload): void {
    if (this.apiKey === null) {
      if (this.early.length < EARLY_CALLS_MAX) this.early.push([call, payload]);
      return;
    }
    const ids = this.currentIds(payload);
    const timestamp = new Date().toISOString();
    const body = JSON.stringify({ timestamp, ...payload, ...ids, apiKey: this.apiKey });
    this.outbox.send(
      `${this.endpoint}/capture/${call}`,
      () => body,
      (reply) => {
        if (reply.ok) return;
        console.error(`Ripe (sandbox): ${reply.refusal.message}`);
        dispatchEvent(new CustomEvent("ripe:error", { detail: reply.refusal }));
      },
    );
  }

  /**
   * Take over the ids that the call names, and give it those that it does not. Null is a word too:
   * there is none, whatever was known before.
   */
  private currentIds(payload: Payload): Partial<CurrentIds> {
    const known = this.memory.get();
    const anonymousId = text(payload.anonymousId) ?? known.anonymousId ?? newId();
    // Analytics.js was reset: there is another anonymous id and no user. What belonged to the last
    // person on this device does not belong to the next. Who merely signs in keeps their group.
    const isSomebodyElse = known.anonymousId !== undefined && known.anonymousId !== anonymousId;
    const kept = isSomebodyElse && text(payload.userId) === undefined ? {} : known;
    const ids = {
      anonymousId,
      ...named("userId", payload.userId, kept.userId),
      ...named("groupId", payload.groupId, kept.groupId),
    };
    this.memory.set(ids);
    return ids;
  }
}

function text(value: unknown): string | undefined {
  return value === null || value === undefined || value === "" ? undefined : String(value);
}

function named(name: string, given: unknown, kept: string | undefined): Record<string, string> {
  const id = given === null ? undefined : (text(given) ?? kept);
  return id === undefined ? {} : { [name]: id };
}

/** `<endpoint>/sdk/<version>/sdk.umd.js` is where this script came from. */
function endpointOfThisScript(): string {
  const script = document.currentScript;
  const url = script instanceof HTMLScriptElement ? script.src : location.href;
  return url.replace(/\/sdk\/[^/]+\/sdk\.umd\.js.*$/, "");
}

function start(): void {
  const page = window as unknown as { Ripe?: unknown };
  const stub = page.Ripe;
  if (stub instanceof RipeSdk || (stub as RipeSdk | undefined)?.isSandbox) return;
  const sdk = new RipeSdk(endpointOfThisScript());
  page.Ripe = sdk;
  if (!Array.isArray(stub)) return;
  for (const call of stub as unknown[]) {
    if (!Array.isArray(call)) continue;
    const [method, ...args] = call as [string, ...unknown[]];
    if (["init", "identify", "group", "track", "page", "reset"].includes(method)) {
      (sdk as unknown as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args);
    }
  }
}

start();
