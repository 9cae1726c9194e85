/** The Ripe sandbox's workspace page: people, Companies, and the stream of events. */

import { byId, make } from "../dom";
import { EventList } from "../event_list";
import {
  call,
  calm,
  type Fields,
  fill,
  modeBadge,
  pairs,
  tabs,
  text,
  timeOf,
  watch,
} from "../watch";

// As many as the page reads at first; older ones are in the lists only.
const EVENTS_SHOWN_MAX = 500;

const chosen = new URLSearchParams(location.search).get("apiKey");
const query = chosen === null ? "" : `?apiKey=${encodeURIComponent(chosen)}`;

function eventRow(event: Fields): HTMLElement {
  const type = text(event.type);
  const what = type === "group" ? event.groupId : (event.event ?? event.name ?? "");
  const details = type === "track" || type === "pageview" ? event.properties : event.traits;
  return make(
    "li",
    { class: "stack", style: "gap: 4px" },
    make(
      "div",
      { class: "row spread" },
      make(
        "div",
        { class: "row" },
        make("span", { class: "badge" }, type),
        make("strong", {}, text(what)),
      ),
      make("div", { class: "row" }, modeBadge(event.mode), timeOf(event.receivedAt)),
    ),
    pairs({ userId: event.userId, anonymousId: event.anonymousId, groupId: event.groupId }),
    pairs((details ?? {}) as Fields),
    make("p", { class: "id" }, `messageId ${text(event.messageId) || "none"}`),
  );
}

function personRow(person: Fields): HTMLElement {
  const traits = person.traits as Fields;
  const name =
    text(traits.name) || text(traits.email) || text(person.userId) || "Anonymous visitor";
  return make(
    "li",
    { class: "stack", style: "gap: 4px" },
    make(
      "div",
      { class: "row spread" },
      make("strong", {}, name),
      make("span", { class: "small quiet" }, `${text(person.events)} events`),
    ),
    pairs({ userId: person.userId, groups: (person.groupIds as string[]).join(", ") || null }),
    pairs(traits),
    make("p", { class: "id" }, (person.anonymousIds as string[]).join(" ")),
  );
}

function companyRow(company: Fields): HTMLElement {
  const members = company.memberIds as string[];
  return make(
    "li",
    { class: "stack", style: "gap: 4px" },
    make(
      "div",
      { class: "row spread" },
      make("strong", {}, text(company.name) || text(company.id)),
      make(
        "span",
        { class: "small quiet" },
        members.length === 1 ? "1 person" : `${members.length} people`,
      ),
    ),
    pairs({ groupId: company.id }),
    pairs(company.traits as Fields),
  );
}

function count(id: string, rows: unknown[]): void {
  byId(`count-${id}`).textContent = String(rows.length);
}

async function showLists(): Promise<void> {
  const [people, companies] = await Promise.all([
    call(`api/people${query}`),
    call(`api/companies${query}`),
  ]);
  const persons = (people.people as Fields[]).reverse();
  const groups = (companies.companies as Fields[]).reverse();
  count("people", persons);
  count("companies", groups);
  fill(byId("people"), persons.map(personRow), "Nobody has been here yet.");
  fill(byId("companies"), groups.map(companyRow), "No group call has arrived yet.");
}

const events = new EventList(byId("events"), eventRow, {
  eventsMax: EVENTS_SHOWN_MAX,
  nothing: "Nothing has arrived yet. Open the shop, or send an event.",
  onCount: (count) => {
    byId("count-events").textContent = String(count);
  },
});

async function readEvents(): Promise<Fields[]> {
  return (await call(`api/events${query}`)).events as Fields[];
}

async function showWorkspaces(): Promise<void> {
  const workspaces = (await call("api/workspaces")).workspaces as Fields[];
  const key = chosen ?? text(workspaces[0]?.apiKey);
  const current = workspaces.find((workspace) => workspace.apiKey === key);
  const base = location.href.replace(/\/[^/]*$/, "");
  byId("subtitle").textContent = text(current?.name) || "No such workspace";
  byId("api-key").textContent = key;
  byId("device-endpoint").textContent = base;
  byId("cloud-endpoint").textContent = `${base}/event`;
  byId("workspaces").replaceChildren(
    ...workspaces.map((workspace) => {
      const href = `?apiKey=${encodeURIComponent(text(workspace.apiKey))}`;
      const isCurrent = workspace.apiKey === key ? "page" : undefined;
      return make("li", {}, make("a", { href, "aria-current": isCurrent }, text(workspace.name)));
    }),
  );
}

tabs(document.querySelector<HTMLElement>("[role=tablist]") ?? document.body);
byId("create").addEventListener("click", async () => {
  const name = prompt("What is the workspace called?");
  if (!name) return;
  const workspace = await call("api/workspaces", "POST", { name });
  location.search = `?apiKey=${encodeURIComponent(text(workspace.apiKey))}`;
});
byId("clear").addEventListener("click", () => {
  if (confirm("Forget all people, Companies and events of this workspace?"))
    void call(`api/clear${query}`, "POST");
});
void showWorkspaces();
const refreshLists = calm(() => void showLists());
watch(`api/stream${query}`, byId("live"), {
  event: (event) => {
    events.add(event);
    refreshLists();
  },
  changed: () => {
    refreshLists();
    void events.load(readEvents);
  },
});
