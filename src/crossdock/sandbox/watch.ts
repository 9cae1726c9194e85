import { make } from "./dom";

export type Fields = Record<string, unknown>;

export interface News {
  event: (event: Fields) => void;
  /** Something other than an event is new; also called whenever the connection was made anew. */
  changed: () => void;
}

/**
 * Follow a vendor's news, and show on the page whether the view is live.
 *
 * A hidden page lets go of its connection: a browser has six for one host, whatever the number of
 * tabs, and with all of them held by views nothing else would load.
 */
export function watch(url: string, state: HTMLElement, news: News): void {
  let source: EventSource | null = null;
  const show = (text: string, isLive: boolean): void => {
    state.textContent = text;
    state.dataset.state = isLive ? "live" : "waiting";
  };
  const connect = (): void => {
    source = new EventSource(url);
    source.addEventListener("open", () => {
      show("Live", true);
      news.changed();
    });
    source.addEventListener("error", () => show("Connecting again", false));
    source.addEventListener("event", (message) => news.event(JSON.parse(message.data) as Fields));
    source.addEventListener("changed", () => news.changed());
    source.addEventListener("cleared", () => news.changed());
  };
  const follow = (): void => {
    source?.close();
    show("Connecting", false);
    if (document.visibilityState === "visible") connect();
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}

/** Run at most once in a while, and at the end for sure. */
export function calm(run: () => void, milliseconds = 150): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      run();
    }, milliseconds);
  };
}

/** Read or change something; throws with the server's own words. */
export async function call(url: string, method = "GET", body?: unknown): Promise<Fields> {
  const init: RequestInit = { method, headers: { "content-type": "application/json" } };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await fetch(url, init);
  const answer = (await response.json()) as Fields;
  if (!response.ok) throw new Error(`${answer.message} ${answer.do}`);
  return answer;
}

export function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function timeOf(value: unknown): HTMLElement {
  const moment = new Date(String(value));
  const shown = moment.toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hour12: false,
  });
  return make(
    "time",
    { datetime: String(value), class: "small quiet", title: moment.toLocaleString() },
    shown,
  );
}

export function pairs(fields: Fields, marks: Record<string, string> = {}): HTMLElement | null {
  const entries = Object.entries(fields).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  if (entries.length === 0) return null;
  const rows = entries.map(([name, value]) => {
    const mark = marks[name];
    const type = mark === undefined ? null : make("span", { class: "quiet" }, ` ${mark}`);
    return make("div", {}, make("dt", {}, name), make("dd", {}, text(value), type));
  });
  return make("dl", { class: "pairs" }, ...rows);
}

export function modeBadge(mode: unknown): HTMLElement {
  return make("span", { class: "badge accent", title: `${text(mode)} mode` }, text(mode));
}

/** Put a list's rows in place, or say that there are none. */
export function fill(list: HTMLElement, rows: HTMLElement[], nothing: string): void {
  list.replaceChildren(...(rows.length > 0 ? rows : [make("li", { class: "empty" }, nothing)]));
}

/** Tabs as the ARIA practices describe them: arrows move, one panel shows. */
export function tabs(bar: HTMLElement): void {
  const buttons = [...bar.querySelectorAll<HTMLButtonElement>("[role=tab]")];
  const select = (chosen: HTMLButtonElement): void => {
    for (const button of buttons) {
      const isChosen = button === chosen;
      button.setAttribute("aria-selected", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
      const panel = document.getElementById(button.getAttribute("aria-controls") ?? "");
      if (panel !== null) panel.hidden = !isChosen;
    }
  };
  buttons.forEach((button, index) => {
    button.addEventListener("click", () => select(button));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const next = step === undefined ? undefined : buttons.at((index + step) % buttons.length);
      if (next === undefined) return;
      select(next);
      next.focus();
    });
  });
  // Not every browser lets the keyboard scroll what cannot have the focus.
  for (const list of document.querySelectorAll<HTMLElement>("[role=tabpanel] .list")) {
    list.tabIndex = 0;
  }
  // An address such as #users begins with that one.
  const wanted = `panel-${location.hash.slice(1)}`;
  const first = buttons.find((one) => one.getAttribute("aria-controls") === wanted) ?? buttons[0];
  if (first !== undefined) select(first);
}
