/**
 * RamenJS 2, sandbox edition: takes over the `_ramen` queue, tells the sandbox what happens, and
 * asks the questions that are due.
 */

import { Memory, newId } from "../memory";
import { Outbox, type Refusal, type Reply } from "../outbox";
import { type CustomLink, closePopup, isAsking, type Question, showQuestion } from "./popup";

type Fields = Record<string, unknown>;

/** Who the page's visitor is for Ramen; calls belong to whoever it was when they were made. */
interface Identity {
  session: string | null;
}

interface Remembered {
  visitorId: string;
  session: string;
}

const CUSTOM_LINKS_MAX = 3;
const METHODS = ["boot", "ready", "identify", "group", "track", "page", "reset", "ask"] as const;

class Ramen {
  private organizationId: string | null = null;
  private settings: Fields = {};
  private options: Fields = {};
  private identity: Identity | null = null;
  private memory = new Memory<Remembered>("ramen");
  private hasWarned = false;
  private readonly outbox = new Outbox();
  private readonly early: [string, unknown[]][] = [];
  private readonly whenReady: (() => void)[] = [];

  constructor(private readonly base: string) {}

  boot(organizationId: string, settings: Fields = {}): void {
    if (this.organizationId !== null) return;
    this.organizationId = String(organizationId);
    this.settings = settings ?? {};
    this.memory = new Memory<Remembered>(`ramen:${this.organizationId}`);
    this.listenForTriggers();
    for (const [method, args] of this.early.splice(0)) this.push([method, ...args]);
    for (const callback of this.whenReady.splice(0)) callback();
  }

  ready(callback: () => void): void {
    if (this.organizationId !== null) callback();
    else this.whenReady.push(callback);
  }

  /** Without a user: whoever this device remembers, else an anonymous visitor. */
  identify(user?: Fields | null, options: Fields = {}): void {
    if (this.isEarly("identify", [user, options])) return;
    this.options = options ?? {};
    const identity: Identity = { session: null };
    this.identity = identity;
    this.sendIdentity(identity, user ?? null);
  }

  group(properties: Fields = {}): void {
    if (this.isEarly("group", [properties])) return;
    this.send("group", { properties }, ignore);
  }

  track(name: string): void {
    if (this.isEarly("track", [name])) return;
    this.sendAndAsk("track", { name });
  }

  page(): void {
    if (this.isEarly("page", [])) return;
    this.sendAndAsk("page", {});
  }

  ask(questionId: string, { force = false }: { force?: boolean } = {}): void {
    if (this.isEarly("ask", [questionId, { force }])) return;
    this.sendAndAsk("ask", { question_id: questionId, force });
  }

  reset(): void {
    if (this.isEarly("reset", [])) return;
    closePopup();
    this.memory.set({});
    this.identity = null;
    this.options = {};
  }

  /** What the queue does with `[method, ...args]`; this one does it at once. */
  push(...calls: unknown[]): number {
    for (const call of calls) {
      if (!Array.isArray(call)) continue;
      const [method, ...args] = call as [unknown, ...unknown[]];
      const known = METHODS.find((name) => name === method);
      if (known !== undefined) (this[known] as (...args: unknown[]) => void)(...args);
    }
    return 0;
  }

  private isEarly(method: string, args: unknown[]): boolean {
    if (this.organizationId !== null) return false;
    if (this.early.length < 500) this.early.push([method, args]);
    return true;
  }

  private sendIdentity(identity: Identity, user: Fields | null): void {
    const { timestamp, auth_hash, environment } = this.options;
    const body = (): string => {
      const remembered = this.memory.get();
      const visitorId = remembered.visitorId ?? newId();
      this.memory.set({ ...remembered, visitorId });
      return JSON.stringify({
        organization_id: this.organizationId,
        visitor_id: visitorId,
        session: user === null ? remembered.session : undefined,
        environment: this.settings.environment,
        user,
        options: { timestamp, auth_hash, environment },
      });
    };
    this.outbox.send(`${this.base}/call/identify`, body, (reply) => {
      const isCurrent = this.identity === identity;
      if (reply.ok) {
        identity.session = String(reply.body.session);
        if (isCurrent) this.memory.set({ ...this.memory.get(), session: identity.session });
      } else if (reply.refusal.status > 0 && isCurrent) {
        // What follows must not count for whoever this device remembers.
        this.memory.set({ ...maybe("visitorId", this.memory.get().visitorId) });
      }
      this.settle(reply);
    });
  }

  private send(call: string, fields: Fields, done: (reply: Reply) => void): void {
    const { identity } = this;
    const url = location.href;
    const body = (): string | null =>
      identity === null || identity.session === null
        ? null
        : JSON.stringify({
            organization_id: this.organizationId,
            session: identity.session,
            url,
            is_asking: isAsking(),
            ...fields,
          });
    this.outbox.send(`${this.base}/call/${call}`, body, (reply) => {
      this.settle(reply);
      done(reply);
    });
  }

  private sendAndAsk(call: string, fields: Fields): void {
    const { identity } = this;
    this.send(call, fields, (reply) => {
      if (!reply.ok || this.identity !== identity) return;
      const question = reply.body.question as Question | null | undefined;
      if (question) this.show(question);
    });
  }

  private show(question: Question): void {
    const bugImageUrl = this.settings.custom_bug_image_url;
    showQuestion(question, {
      customLinks: customLinks(this.options.custom_links ?? this.settings.custom_links),
      bugImageUrl: typeof bugImageUrl === "string" ? bugImageUrl : undefined,
      onAnswer: (value) =>
        new Promise((done) => {
          this.send("answer", { question_id: question.id, value }, ({ ok }) => {
            done(ok ? null : "It could not be sent. Try again in a moment.");
          });
        }),
      onDismiss: () =>
        this.send("answer", { question_id: question.id, is_dismissed: true }, ignore),
    });
  }

  /** Say in the console, and to whoever listens on the page, what the vendor did not take. */
  private settle(reply: Reply): void {
    if (reply.ok) {
      const notes = reply.body.notes;
      if (Array.isArray(notes)) for (const note of notes) console.warn(`Ramen (sandbox): ${note}`);
      return;
    }
    const { refusal } = reply;
    if (refusal.status > 0) {
      console.error(`Ramen (sandbox): ${refusal.status} ${refusal.reason}: ${refusal.message}`);
      dispatchEvent(new CustomEvent<Refusal>("ramen:error", { detail: refusal }));
    } else if (!this.hasWarned) {
      this.hasWarned = true;
      console.warn(`Ramen (sandbox): a call was left out. ${refusal.message}`);
    }
  }

  /** A click on what the page names as trigger asks the question that is due, if there is one. */
  private listenForTriggers(): void {
    const { custom_trigger_id: id, custom_trigger_class: className } = this.settings;
    const selectors = [
      typeof id === "string" && id !== "" ? `#${CSS.escape(id)}` : "",
      typeof className === "string" && className !== "" ? `.${CSS.escape(className)}` : "",
    ].filter((selector) => selector !== "");
    if (selectors.length === 0) return;
    document.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest(selectors.join(", "))) {
        this.sendAndAsk("ask", {});
      }
    });
  }
}

/** At most three, each with a title and an absolute http address or a callback. */
function customLinks(value: unknown): CustomLink[] {
  if (!Array.isArray(value)) return [];
  const links: CustomLink[] = [];
  for (const { title, href, callback } of value.filter(
    (link) => link !== null && typeof link === "object",
  ) as Fields[]) {
    if (typeof title !== "string" || title === "") continue;
    if (typeof href === "string" && /^https?:\/\//.test(href)) links.push({ title, href });
    else if (typeof callback === "function")
      links.push({ title, callback: callback as () => void });
  }
  return links.slice(0, CUSTOM_LINKS_MAX);
}

function ignore(): void {
  // Refusals were told already.
}

function maybe(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

/** `<base>/assets/ramen.js` is where this script came from. */
function baseOfThisScript(): string {
  const script = document.currentScript;
  const url = script instanceof HTMLScriptElement ? script.src : location.href;
  return url.replace(/\/assets\/ramen\.js.*$/, "");
}

function start(): void {
  const page = window as unknown as { _ramen?: unknown };
  const queue = page._ramen;
  // Loaded twice: the first one stays.
  if (queue !== undefined && !Array.isArray(queue)) return;
  const ramen = new Ramen(baseOfThisScript());
  page._ramen = ramen;
  if (Array.isArray(queue)) ramen.push(...(queue as unknown[]));
}

start();
