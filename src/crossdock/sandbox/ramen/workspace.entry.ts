/** The Ramen sandbox's workspace page: questions and answers, users, companies, secure mode. */

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
import {
  type Draft,
  describe,
  linesOf,
  readEvent,
  readTrait,
  writeEvent,
  writeTrait,
} from "./draft";

interface Question {
  id: string;
  draft: Draft;
}

const EVENTS_SHOWN_MAX = 500;
const KINDS = { text: "Short text", choice: "Choice", score: "Score 0–10" };

const parameters = new URLSearchParams(location.search);
const chosen = parameters.get("organization_id");
// Somebody who is looked for stands first.
const wantedUserId = parameters.get("user");
const query = chosen === null ? "" : `?organization_id=${encodeURIComponent(chosen)}`;
const editor = byId<HTMLDialogElement>("editor");
const form = byId<HTMLFormElement>("draft");
let answers: Fields[] = [];
let editedId: string | null = null;
// How often the switch was moved here: what was read before the last time says nothing about it.
let switches = 0;

function count(id: string, rows: unknown[]): void {
  byId(`count-${id}`).textContent = String(rows.length);
}

function heading(left: (HTMLElement | string)[], right: (HTMLElement | string)[]): HTMLElement {
  return make(
    "div",
    { class: "row spread" },
    make("div", { class: "row" }, ...left),
    make("div", { class: "row" }, ...right),
  );
}

function entry(...children: (HTMLElement | null)[]): HTMLElement {
  return make("li", { class: "stack", style: "gap: 4px" }, ...children);
}

function questionRow(question: Question): HTMLElement {
  const { draft } = question;
  const own = answers.filter((answer) => answer.question_id === question.id);
  const given = own.filter((answer) => answer.state === "answered");
  const edit = make("button", { type: "button", "aria-label": `Edit: ${draft.text}` }, "Edit");
  edit.addEventListener("click", () => openEditor(question));
  const scores = given.map((answer) => Number(answer.value));
  const mean =
    draft.type === "score" && scores.length > 0
      ? `, mean ${(scores.reduce((sum, score) => sum + score, 0) / scores.length).toFixed(1)}`
      : "";
  return make(
    "li",
    { class: "card stack", style: "gap: 8px" },
    make(
      "div",
      { class: "row spread", style: "flex-wrap: nowrap; align-items: start" },
      make("h2", {}, draft.text),
      edit,
    ),
    make(
      "div",
      { class: "row" },
      make("span", { class: "badge accent" }, KINDS[draft.type]),
      draft.is_active ? null : make("span", { class: "badge" }, "Paused"),
      make("span", { class: "small quiet" }, describe(draft.targeting)),
    ),
    make(
      "p",
      { class: "small" },
      `${given.length} answered${mean}, ${own.length - given.length} dismissed`,
    ),
    make("p", { class: "id" }, question.id),
  );
}

function answerRow(answer: Fields): HTMLElement {
  const isAnswered = answer.state === "answered";
  return entry(
    heading(
      [make("strong", {}, isAnswered ? text(answer.value) : "Dismissed")],
      [make("span", { class: "small quiet" }, text(answer.user_name)), timeOf(answer.answered_at)],
    ),
    make("p", { class: "small quiet" }, text(answer.question_text)),
  );
}

function eventRow(event: Fields): HTMLElement {
  return entry(
    heading(
      [make("span", { class: "badge" }, text(event.type)), make("strong", {}, text(event.name))],
      [modeBadge(event.mode), timeOf(event.received_at)],
    ),
    make("p", { class: "small" }, text(event.user_name)),
    pairs(event.properties as Fields),
    event.url ? make("p", { class: "id" }, text(event.url)) : null,
  );
}

function userRow(user: Fields, types: Record<string, string>): HTMLElement {
  const name = text(user.name) || text(user.email) || text(user.id) || "Anonymous visitor";
  return entry(
    heading(
      [make("strong", {}, name)],
      [
        make(
          "span",
          { class: "small quiet" },
          user.pageviews === 1 ? "1 pageview" : `${text(user.pageviews)} pageviews`,
        ),
      ],
    ),
    pairs({
      id: user.id,
      email: user.email,
      customer_created_at: user.customer_created_at,
      companies: (user.company_ids as string[]).join(", ") || null,
    }),
    pairs(user.traits as Fields, types),
    pairs(user.events as Fields),
    make("p", { class: "id" }, text(user.key)),
  );
}

function companyRow(company: Fields, types: Record<string, string>): HTMLElement {
  const members = company.user_keys as string[];
  return entry(
    heading(
      [make("strong", {}, text(company.name) || text(company.id))],
      [
        make(
          "span",
          { class: "small quiet" },
          members.length === 1 ? "1 user" : `${members.length} users`,
        ),
      ],
    ),
    pairs({ id: company.id, url: company.url, company_created_at: company.company_created_at }),
    pairs(company.traits as Fields, types),
  );
}

async function showLists(): Promise<void> {
  const switchesBefore = switches;
  const [organization, users, companies, given, asked] = await Promise.all(
    ["organization", "users", "companies", "answers", "questions"].map((name) =>
      call(`api/${name}${query}`),
    ),
  );
  if (!organization || !users || !companies || !given || !asked) return;
  showOrganization(organization, switches === switchesBefore);
  answers = (given.answers as Fields[]).reverse();
  const all = (users.users as Fields[]).reverse();
  const persons = [
    ...all.filter((user) => user.id === wantedUserId),
    ...all.filter((user) => user.id !== wantedUserId),
  ];
  const groups = (companies.companies as Fields[]).reverse();
  const questions = asked.questions as Question[];
  count("users", persons);
  count("companies", groups);
  count("answers", answers);
  count("questions", questions);
  const userTypes = organization.user_trait_types as Record<string, string>;
  const companyTypes = organization.company_trait_types as Record<string, string>;
  fill(
    byId("users"),
    persons.map((user) => userRow(user, userTypes)),
    "Nobody has been here yet.",
  );
  fill(
    byId("companies"),
    groups.map((company) => companyRow(company, companyTypes)),
    "No group call has arrived yet.",
  );
  fill(byId("answers"), answers.map(answerRow), "Nobody has answered yet.");
  fill(byId("questions"), questions.map(questionRow), "There is no question yet.");
}

function showOrganization(organization: Fields, isSwitchCurrent: boolean): void {
  byId("subtitle").textContent = text(organization.name);
  byId("organization-id").textContent = text(organization.id);
  byId("secret").textContent = text(organization.secret);
  byId("api-key").textContent = text(organization.api_key);
  byId("script-url").textContent = new URL("assets/ramen.js", location.href).href;
  const secureMode = byId<HTMLInputElement>("secure-mode");
  secureMode.disabled = false;
  if (isSwitchCurrent) secureMode.checked = organization.has_secure_mode === true;
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

async function showOrganizations(): Promise<void> {
  const organizations = (await call("api/organizations")).organizations as Fields[];
  byId("organizations").replaceChildren(
    ...organizations.map((organization) => {
      const href = `?organization_id=${encodeURIComponent(text(organization.id))}`;
      return make("li", {}, make("a", { href }, text(organization.name)));
    }),
  );
}

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function control(name: string): Control {
  return form.elements.namedItem(name) as Control;
}

function showFieldsOfType(): void {
  for (const part of form.querySelectorAll<HTMLElement>("[data-for]")) {
    part.hidden = part.dataset.for !== control("type").value;
  }
}

function openEditor(question: Question | null): void {
  editedId = question?.id ?? null;
  form.reset();
  byId("draft-problem").hidden = true;
  byId("remove-question").hidden = question === null;
  byId("editor-title").textContent = question === null ? "New question" : "Edit question";
  if (question !== null) {
    const { draft } = question;
    const { targeting } = draft;
    control("text").value = draft.text;
    control("type").value = draft.type;
    control("choices").value = draft.choices.join("\n");
    control("low_label").value = draft.low_label;
    control("high_label").value = draft.high_label;
    (control("is_active") as HTMLInputElement).checked = draft.is_active;
    control("audience").value = targeting.audience;
    control("url_pattern").value = targeting.url_pattern;
    control("events").value = targeting.events.map(writeEvent).join("\n");
    control("traits").value = targeting.traits.map(writeTrait).join("\n");
    control("company_ids").value = targeting.company_ids.join("\n");
  }
  showFieldsOfType();
  editor.showModal();
}

function readForm(): Draft {
  const type = control("type").value as Draft["type"];
  return {
    text: control("text").value.trim(),
    type,
    choices: type === "choice" ? linesOf(control("choices").value) : [],
    low_label: type === "score" ? control("low_label").value.trim() : "",
    high_label: type === "score" ? control("high_label").value.trim() : "",
    is_active: (control("is_active") as HTMLInputElement).checked,
    targeting: {
      audience: control("audience").value as Draft["targeting"]["audience"],
      traits: linesOf(control("traits").value).map(readTrait),
      events: linesOf(control("events").value).map(readEvent),
      url_pattern: control("url_pattern").value.trim(),
      company_ids: linesOf(control("company_ids").value),
    },
  };
}

async function save(): Promise<void> {
  const problem = byId("draft-problem");
  try {
    const draft = readForm();
    if (draft.text === "")
      throw new Error("The question has no text. Write what you want to know.");
    if (editedId === null) await call(`api/questions${query}`, "POST", draft);
    else await call(`api/questions/${editedId}${query}`, "PUT", draft);
    editor.close();
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error);
    problem.hidden = false;
  }
}

function start(): void {
  tabs(document.querySelector<HTMLElement>("[role=tablist]") ?? document.body);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void save();
  });
  control("type").addEventListener("change", showFieldsOfType);
  byId("new-question").addEventListener("click", () => openEditor(null));
  byId("cancel").addEventListener("click", () => editor.close());
  byId("remove-question").addEventListener("click", async () => {
    await call(`api/questions/${editedId}${query}`, "DELETE");
    editor.close();
  });
  byId<HTMLInputElement>("secure-mode").addEventListener("change", async (event) => {
    const has_secure_mode = (event.target as HTMLInputElement).checked;
    switches += 1;
    await call(`api/organization${query}`, "PATCH", { has_secure_mode });
    switches += 1;
    void showLists();
  });
  byId("create").addEventListener("click", async () => {
    const name = prompt("What is the organization called?");
    if (!name) return;
    const organization = await call("api/organizations", "POST", { name });
    location.search = `?organization_id=${encodeURIComponent(text(organization.id))}`;
  });
  byId("clear").addEventListener("click", () => {
    if (confirm("Forget all users, companies, events and answers? Questions stay."))
      void call(`api/clear${query}`, "POST");
  });
  void showOrganizations();
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
}

start();
