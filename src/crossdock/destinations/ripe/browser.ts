/** Ripe in the browser: loads its SDK and hands it the mapped calls. */

import { actionsPlugin, type Ids, type Perform, type Values } from "@crossdock/plugin-kit";

const METHODS = ["init", "identify", "group", "track", "page"] as const;
type Method = (typeof METHODS)[number];
type Ripe = { [name in Method]: (...values: unknown[]) => unknown };

declare global {
  interface Window {
    Ripe?: Ripe;
  }
}

interface Settings {
  apiKey: string;
  sdkVersion?: string;
  endpoint?: string;
}

/** Puts up what takes calls until the SDK is there, and returns whatever takes them now. */
function standIn(): Ripe {
  if (!window.Ripe) {
    const calls: unknown[] & Partial<Ripe> = [];
    for (const method of METHODS) {
      calls[method] = (...values) => {
        const call = [method, ...values];
        calls.push(call);
        return call;
      };
    }
    window.Ripe = calls as unknown as Ripe;
  }
  return window.Ripe;
}

/**
 * Makes an action that calls the SDK's method with exactly these parts of the payload.
 *
 * An id that the event did not carry is the one that Analytics.js holds, which matters for the
 * group: it puts none on identify, track and page. Null says that there is none, so that the SDK
 * forgets the last person's after a reset.
 */
function calls(method: Exclude<Method, "init">, ...parts: string[]): Perform<() => Ripe> {
  return (ripe, payload, ids) => {
    if (method === "track" && !payload.event) return;
    const given: Values = {};
    for (const part of ["messageId", "anonymousId", "userId", "groupId", ...parts, "context"]) {
      given[part] = payload[part] ?? ids[part as keyof Ids];
    }
    ripe()[method](given);
  };
}

export default actionsPlugin<Settings, () => Ripe>({
  name: "Ripe Device Mode (Actions)",
  async initialize(settings, { loadScript, report }) {
    const { apiKey, sdkVersion = "latest", endpoint = "https://storage.getripe.com" } = settings;
    const init = standIn().init;
    window.addEventListener("ripe:error", (event) => {
      const { status, message } = (event as CustomEvent<Values>).detail ?? {};
      report(`ripe_${status}`, `Ripe: ${message}`);
    });
    const url = `${endpoint.replace(/\/+$/, "")}/sdk/${sdkVersion}/sdk.umd.js`;
    await loadScript(url);
    // Asked for anew each time: the SDK puts itself in the place of the stand-in.
    const ripe = (): Ripe => window.Ripe as Ripe;
    if (Array.isArray(ripe()) && ripe().init === init) {
      report("script_unknown", `${url} was loaded and is not Ripe's SDK.`);
    }
    await ripe().init(apiKey);
    return ripe;
  },
  actions: {
    group: calls("group", "traits"),
    identify: calls("identify", "traits"),
    page: calls("page", "category", "name", "properties"),
    track: calls("track", "event", "properties"),
  },
});
