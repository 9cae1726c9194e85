/**
 * Puts Segment's own snippet on the page, as Segment's own package renders it; only the host is
 * ours. The package writes `https://` before the host, and a demo runs over plain http. Its release
 * 5.2.1 renders the snippet that Segment's app calls 5.2.1, but names itself 5.2.0 in it.
 */

import { min } from "@segment/snippet";

export interface Call {
  type: string;
  what: string;
  /** The messageId. */
  id: string;
  calledAt: string;
}

const script = document.currentScript as HTMLScriptElement;
const base = new URL("..", script.src);
const host = base.host + base.pathname.replace(/\/$/, "");
const rendered = min({ apiKey: script.dataset.writeKey ?? "", host });

const snippet = document.createElement("script");
snippet.id = "segment-snippet";
snippet.textContent = rendered
  .replace(`https://${host}`, `${base.protocol}//${host}`)
  .replace('SNIPPET_VERSION="5.2.0"', 'SNIPPET_VERSION="5.2.1"');
script.after(snippet);

// What the page calls is listed next to what arrived. A source middleware sees every call, those
// made before Analytics.js had loaded too, with the messageId that it gave them.
type Message = Record<string, unknown> & { context?: { page?: { path?: string } } };
const page = window as unknown as {
  analytics: { addSourceMiddleware: (middleware: unknown) => void };
  shopCalls?: Call[];
};
page.shopCalls = [];
page.analytics.addSourceMiddleware(
  ({ payload, next }: { payload: { obj: Message }; next: (payload: unknown) => void }) => {
    const { obj } = payload;
    const what = { identify: obj.userId, group: obj.groupId, track: obj.event }[String(obj.type)];
    const call: Call = {
      type: String(obj.type),
      what: String(what ?? obj.name ?? obj.context?.page?.path ?? ""),
      id: String(obj.messageId),
      calledAt: new Date().toISOString(),
    };
    page.shopCalls?.push(call);
    dispatchEvent(new CustomEvent("shop:call", { detail: call }));
    next(payload);
  },
);
