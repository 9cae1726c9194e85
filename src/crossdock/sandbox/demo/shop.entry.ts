/** The demo shop: what its visitor does becomes calls of Analytics.js, and what arrives is shown. */

import { byId, make } from "../dom";
import { EventList } from "../event_list";
import { call, type Fields, modeBadge, pairs, text, timeOf, watch } from "../watch";
import type { Call } from "./snippet.entry";

interface Analytics {
  identify: (id: string, traits: Fields, options?: Fields) => unknown;
  group: (id: string, traits: Fields) => unknown;
  track: (event: string, properties: Fields) => unknown;
  reset: () => unknown;
  initialized?: boolean;
}

interface Session {
  customer: { id: string; name: string; email: string; plan: string; created_at: string } | null;
  ramen: { timestamp: number; auth_hash: string } | null;
}

interface Product {
  product_id: string;
  name: string;
  price: number;
  currency: string;
}

const ROWS_MAX = 60;
// Analytics.js takes well under a second from this server.
const LOAD_MILLISECONDS_MAX = 5000;

// Where the browser keeps the company that was joined, as Analytics.js does.
const COMPANY = "pantry_company";

const page = window as unknown as { analytics: Analytics; shopCalls?: Call[] };
let basket: Product[] = [];

// `window.analytics` is replaced when Analytics.js has loaded, so it is looked up for each call.
const analytics = (): Analytics => page.analytics;

function showProblem(message: string): void {
  byId("problem").textContent = message;
  byId("problem").hidden = false;
}

function showSession({ customer, ramen }: Session): void {
  byId("sign-in").hidden = customer !== null;
  byId("signed-in").hidden = customer === null;
  byId("proof").hidden = ramen === null;
  byId("customer-name").textContent = customer?.name ?? "";
  byId("customer-plan").textContent = customer?.plan ?? "";
  byId("customer-id").textContent = customer === null ? "" : `${customer.id} ${customer.email}`;
}

function identify({ customer, ramen }: Session): void {
  if (customer === null) return;
  const { id, name, email, plan, created_at } = customer;
  const options = ramen === null ? {} : { integrations: { Ramen: ramen } };
  analytics().identify(id, { name, email, plan, created_at, is_demo: true }, options);
}

async function signIn(): Promise<void> {
  const fields = Object.fromEntries(new FormData(byId<HTMLFormElement>("sign-in")));
  byId("problem").hidden = true;
  try {
    const session = (await call("session", "POST", fields)) as unknown as Session;
    showSession(session);
    identify(session);
    byId("sign-out").focus();
  } catch (error) {
    showProblem(error instanceof Error ? error.message : String(error));
  }
}

async function signOut(): Promise<void> {
  showSession((await call("session", "DELETE")) as unknown as Session);
  analytics().reset();
  localStorage.removeItem(COMPANY);
  showCompany(null);
  byId("sign-in").querySelector("input")?.focus();
}

function companies(): HTMLSelectElement {
  return byId("join").querySelector("select") as HTMLSelectElement;
}

function showCompany(id: string | null): void {
  const option = [...companies().options].find((one) => one.value === id);
  byId("company").hidden = option === undefined;
  byId("company-name").textContent = option?.text ?? "";
  if (option === undefined) return;
  option.selected = true;
}

function join(): void {
  const option = companies().selectedOptions[0];
  if (option === undefined) return;
  localStorage.setItem(COMPANY, option.value);
  showCompany(option.value);
  const { url, seats } = option.dataset;
  analytics().group(option.value, {
    name: option.text,
    url,
    seats: Number(seats),
    created_at: "2024-05-01T09:00:00Z",
    is_customer: true,
  });
}

function productOf(element: HTMLElement): Product {
  const { id = "", name = "", price = "0" } = element.dataset;
  return { product_id: id, name, price: Number(price), currency: "USD" };
}

function showBasket(): void {
  const total = basket.reduce((sum, product) => sum + product.price, 0);
  const things = basket.length === 1 ? "1 thing" : `${basket.length} things`;
  byId("cart").textContent = basket.length === 0 ? "Your basket is empty." : `${things}, $${total}`;
  byId<HTMLButtonElement>("buy").disabled = basket.length === 0;
}

function buy(): void {
  const total = basket.reduce((sum, product) => sum + product.price, 0);
  const order_id = `order-${Date.now().toString(36)}`;
  analytics().track("Order Completed", { order_id, total, currency: "USD", products: basket });
  basket = [];
  showBasket();
  byId("cart").textContent = `Thank you. That was ${order_id}.`;
}

function listenToShelf(): void {
  for (const element of byId("products").querySelectorAll<HTMLElement>(".product")) {
    const product = productOf(element);
    element.querySelector(".picture")?.addEventListener("click", () => {
      analytics().track("Product Viewed", { ...product });
    });
    element.querySelector(".add")?.addEventListener("click", () => {
      basket.push(product);
      showBasket();
      analytics().track("Product Added", { ...product, quantity: 1 });
    });
  }
}

function row(messageId: string, ...children: (HTMLElement | null)[]): HTMLElement {
  const element = make(
    "li",
    { class: "stack", style: "gap: 3px", "data-message": messageId },
    ...children,
  );
  if (messageId !== "") {
    element.addEventListener("pointerenter", () => light(messageId));
    element.addEventListener("pointerleave", () => light(null));
  }
  return element;
}

function light(messageId: string | null): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-message]")) {
    if (messageId !== null && element.dataset.message === messageId) element.dataset.lit = "";
    else delete element.dataset.lit;
  }
}

function head(type: string, ...right: HTMLElement[]): HTMLElement {
  return make(
    "div",
    { class: "row spread" },
    make("span", { class: "badge" }, type),
    make("div", { class: "row" }, ...right),
  );
}

function callRow({ type, what, id, calledAt }: Fields): HTMLElement {
  const messageId = text(id);
  return row(
    messageId,
    head(text(type), timeOf(calledAt)),
    make("strong", {}, text(what)),
    make("p", { class: "id" }, messageId),
  );
}

function ripeRow(event: Fields): HTMLElement {
  const messageId = text(event.messageId);
  const properties = (event.properties ?? {}) as Fields;
  const what =
    event.event ??
    (event.type === "group" ? event.groupId : null) ??
    event.name ??
    properties.path ??
    event.userId;
  return row(
    messageId,
    head(text(event.type), modeBadge(event.mode), timeOf(event.receivedAt)),
    make("strong", {}, text(what)),
    pairs({ user: event.userId, group: event.groupId }),
    make("p", { class: "id" }, messageId),
  );
}

function ramenRow(event: Fields): HTMLElement {
  const value = (event.properties as Fields).value;
  return row(
    "",
    head(text(event.type), modeBadge(event.mode), timeOf(event.received_at)),
    event.name ? make("strong", {}, text(event.name)) : null,
    value === undefined ? null : make("p", {}, `“${text(value)}”`),
    make("p", { class: "small quiet" }, text(event.user_name)),
  );
}

function follow(vendor: "ripe" | "ramen", toRow: (event: Fields) => HTMLElement): void {
  const events = listOf(`${vendor}-events`, toRow);
  const base = `../sandbox/${vendor}/api`;
  watch(`${base}/stream`, byId(`${vendor}-live`), {
    event: (event) => events.add(event),
    changed: () => {
      void events.load(async () => (await call(`${base}/events`)).events as Fields[]);
    },
  });
}

function followCalls(): void {
  const calls = listOf(
    "calls",
    callRow,
    "No call since this page was loaded. The other columns keep what arrived before.",
  );
  for (const made of page.shopCalls ?? []) calls.add({ ...made });
  addEventListener("shop:call", (event) => calls.add({ ...(event as CustomEvent<Call>).detail }));
}

function listOf(
  id: string,
  toRow: (event: Fields) => HTMLElement,
  nothing = "Nothing yet.",
): EventList {
  const list = byId(id);
  // Not every browser lets the keyboard scroll what cannot have the focus.
  list.tabIndex = 0;
  return new EventList(list, toRow, { eventsMax: ROWS_MAX, nothing });
}

function start(): void {
  byId("sign-in").addEventListener("submit", (event) => {
    event.preventDefault();
    void signIn();
  });
  byId("sign-out").addEventListener("click", () => void signOut());
  byId("join").addEventListener("submit", (event) => {
    event.preventDefault();
    join();
  });
  byId("buy").addEventListener("click", buy);
  showCompany(localStorage.getItem(COMPANY));
  byId("snippet-text").textContent = byId("segment-snippet").textContent;
  listenToShelf();
  followCalls();
  follow("ripe", ripeRow);
  follow("ramen", ramenRow);
  addEventListener("ramen:error", (event) => {
    const { status, reason, message } = (event as CustomEvent<Fields>).detail;
    showProblem(`Ramen answered ${text(status)} ${text(reason)}: ${text(message)}`);
  });
  setTimeout(() => {
    if (!analytics().initialized)
      showProblem("Analytics.js has not loaded. Is an ad blocker on, or the source switched off?");
  }, LOAD_MILLISECONDS_MAX);
  void call("session").then((answer) => {
    const session = answer as unknown as Session;
    showSession(session);
    identify(session);
  });
}

start();
