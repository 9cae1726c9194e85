/** Ramen in the browser: loads RamenJS and tells it who is there and what they do. */

import {
  type Analytics,
  type AnalyticsEvent,
  type Calls,
  classicPlugin,
  type Report,
  type Values,
  whenCalled,
} from "@crossdock/plugin-kit";
import { type Ask, asker } from "./values";

const METHODS = ["boot", "ready", "identify", "group", "track", "page", "reset", "ask"] as const;
type Ramen = { [name in (typeof METHODS)[number]]: (...values: unknown[]) => unknown };

declare global {
  interface Window {
    _ramen?: Ramen;
  }
}

interface Settings {
  organization_id: string;
  script_url?: string;
  environment?: string;
  custom_bug_image_url?: string;
  custom_trigger_id?: string;
  custom_trigger_class?: string;
}

const BOOT_OPTIONS = [
  "environment",
  "custom_bug_image_url",
  "custom_trigger_id",
  "custom_trigger_class",
] as const;

/** What RamenJS refuses, by the reason it gives: the end of the notice's code, and what to do. */
const REFUSALS: Record<string, readonly [code: string, advice: string]> = {
  wrong_organization: [
    "404",
    "Ramen does not know this organization id: check it in the connection.",
  ],
  invalid_email: ["401_invalid_email", "The user's email is not one. Leave it out or blank."],
  missing_user_id: ["401_missing_user_id", "The user has no id. Give identify one."],
  secure_mode_required: [
    "401_secure_mode_required",
    "Secure mode is on. Pass timestamp and auth_hash in integrations.Ramen.",
  ],
  stale_timestamp: [
    "401_stale_timestamp",
    "The timestamp is over 15 minutes old. Make it anew per page.",
  ],
  wrong_hash: [
    "401_wrong_hash",
    "The auth_hash is wrong. Check what it is made of, and the secret.",
  ],
};

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
/** A page's own secure identify means that one without a hash would be refused. */
const SECURE_KEY = "crossdock_ramen_secure";

/** How long a call waits for the identify that was made with it, and a reset for earlier calls. */
const WAIT_MILLISECONDS_MAX = 1000;
/** Calls that are made again after an introduction that was refused; more are not made that fast. */
const CALLS_AGAIN_MAX = 50;

type Call = () => void;

let analytics: Analytics;
let report: Report;
let hasIdentified = false;
/** The calls since a person was introduced without the page having said who it is, else nothing. */
let sinceIntroduced: Call[] | undefined;

/** How often Analytics.js was reset, and of which of these times RamenJS knows. */
let resets = 0;
let resetsTold = 0;
let resetsBefore: (event: AnalyticsEvent) => number;
/** What Analytics.js was called with and has not handed over yet, by message id, in its order. */
const underway = new Map<unknown, AnalyticsEvent>();
/** What was handed over and waits: for an identify that is under way, or for what it is to say. */
const waiting: Waiting[] = [];
let ask: Ask | undefined;

type Tell = (event: AnalyticsEvent, values: Values) => void;
interface Waiting {
  event: AnalyticsEvent;
  tell: Tell;
  /** What is known of the person besides, by trait. */
  values: Values;
  /** Whether that is being asked for. */
  isAsking?: boolean;
}

const ramen = (): Ramen => window._ramen as Ramen;

/** Returns a date as epoch seconds, and anything else as it is. */
function seconds(value: unknown, name = ""): unknown {
  const isDate =
    value instanceof Date ||
    (typeof value === "string" &&
      (DATE_TIME.test(value) || (/(_at|^createdAt|^created)$/.test(name) && DATE.test(value))));
  const milliseconds = isDate ? new Date(value as string).getTime() : Number.NaN;
  return Number.isNaN(milliseconds) ? value : Math.floor(milliseconds / 1000);
}

/** Returns the parts with dates in seconds, and whatever says when it was made as `created_at`. */
function company(parts: Values): Values {
  const { createdAt, created, ...others } = parts;
  const createdAtAny = others.created_at ?? createdAt ?? created;
  const all = createdAtAny === undefined ? others : { ...others, created_at: createdAtAny };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, seconds(value, name)]),
  );
}

function user(id: string, traits: Values): Values {
  const { email, name, id: _, company: employer, created_at, ...others } = company(traits);
  const fullName = name ?? [traits.firstName, traits.lastName].filter(Boolean).join(" ");
  const made: Values = { id, traits: others };
  if (email !== undefined && email !== null) made.email = email;
  if (fullName) made.name = fullName;
  if (created_at !== undefined && created_at !== null) made.created_at = created_at;
  if ((employer as Values | null | undefined)?.id) made.company = company(employer as Values);
  return made;
}

/** Returns a call's options for Ramen, and what is in them for us. */
function optionsOf(event: AnalyticsEvent): [options: Values, engage: unknown] {
  const given = event.integrations?.Ramen;
  // A template renders null where secure mode is off, and `true` says just that Ramen is meant.
  const { auth_hash_timestamp, engage, ...options } = (
    given && typeof given === "object" ? given : {}
  ) as Values;
  if (auth_hash_timestamp !== undefined) options.timestamp ??= auth_hash_timestamp;
  return [options, engage];
}

function identify(event: AnalyticsEvent, values: Values): void {
  if (!event.userId) return;
  const [options] = optionsOf(event);
  remember(options.auth_hash);
  hasIdentified = true;
  sinceIntroduced = undefined;
  const made = user(event.userId, event.traits ?? {});
  // What the page says of the user itself counts.
  ramen().identify({ ...made, traits: { ...values, ...(made.traits as Values) } }, options);
}

function remember(hash: unknown): void {
  try {
    if (hash) localStorage.setItem(SECURE_KEY, "1");
    else localStorage.removeItem(SECURE_KEY);
  } catch {
    // Storage may be forbidden; then a returning person is anonymous until the page identifies them.
  }
}

function isSecure(): boolean {
  try {
    return !!localStorage.getItem(SECURE_KEY);
  } catch {
    return true;
  }
}

/**
 * Says who is there if nobody has: the person whose event it is, whom Analytics.js remembers from an
 * earlier page, else an anonymous visitor. In secure mode only the page can name a person.
 */
function introduce({ userId }: AnalyticsEvent): void {
  if (hasIdentified) return;
  hasIdentified = true;
  if (userId && !isSecure()) {
    sinceIntroduced = [];
    const held = analytics.user();
    ramen().identify(user(userId, (held.id() === userId && held.traits?.()) || {}), {});
  } else {
    ramen().identify();
  }
}

/** Does what RamenJS may throw at: told later, by a timer, it would be the page's own error. */
function safely(name: string, tell: Call): void {
  try {
    tell();
  } catch (error) {
    report("call_failed", `${name}: ${error}`);
  }
}

/** Makes a call that needs somebody to have been identified. */
function after(event: AnalyticsEvent, call: Call): void {
  introduce(event);
  if (sinceIntroduced && sinceIntroduced.length < CALLS_AGAIN_MAX) sinceIntroduced.push(call);
  call();
}

/** Secure mode was switched on, and the page has not named the person: they are anonymous to it. */
function introduceAgain(): void {
  const calls = sinceIntroduced ?? [];
  sinceIntroduced = undefined;
  remember(true);
  ramen().identify();
  for (const call of calls) call();
}

function reset(count: number): void {
  resetsTold = count;
  hasIdentified = false;
  sinceIntroduced = undefined;
  remember(false);
  safely("reset", () => ramen().reset());
}

/** Notes a call; one that its own options keep from Ramen will not be handed over. */
function note({ event }: { event: AnalyticsEvent }): void {
  const { integrations, messageId } = event;
  if (event.type in calls && (integrations?.Ramen ?? integrations?.All) !== false) {
    underway.set(messageId, event);
  }
}

/** Returns whether the identify that comes next names the person whose event this is. */
function isAboutToIdentify(event: AnalyticsEvent): boolean {
  const next = [...underway.values()].find(({ type }) => type === "identify");
  return (
    !!event.userId && next?.userId === event.userId && resetsBefore(next) === resetsBefore(event)
  );
}

/**
 * Takes an event that Analytics.js hands over.
 *
 * A page calls `page` before it calls `identify`. The pageview then waits for the identify, which
 * comes at once: else the person would be identified twice, and without the page's own options.
 */
function take(event: AnalyticsEvent, tell: Tell): void {
  if (underway.has(event.messageId)) {
    // Events keep their order, so that whatever is older was filtered out on its way.
    for (const id of underway.keys()) {
      underway.delete(id);
      if (id === event.messageId) break;
    }
  }
  const one: Waiting = { event, tell, values: {} };
  const isNaming = event.type === "identify" && !!event.userId;
  // What waits of the same person waits for this very identify, unless there is one already.
  const place = waiting.findIndex(({ event: { userId } }) => isNaming && userId === event.userId);
  const isAwaited = waiting[place] && waiting[place].event.type !== "identify";
  waiting.splice(isAwaited ? place : waiting.length, 0, one);
  if (isNaming) askAbout(one);
  settleSoon();
}

/** Asks what is known of the person whom an identify names, and tells Ramen when that is there. */
function askAbout(one: Waiting): void {
  const { event } = one;
  const asked = ask?.(user(String(event.userId), event.traits ?? {}), ...optionsOf(event));
  if (!asked) return;
  one.isAsking = true;
  asked.then((values) => {
    one.values = values;
    one.isAsking = false;
    settleSoon();
  });
}

/** Returns whether Ramen can be told, or something is to come before. */
function isReady({ event, isAsking }: Waiting): boolean {
  return !isAsking && (hasIdentified || event.type === "identify" || !isAboutToIdentify(event));
}

/** Tells Ramen, in order, whatever can be told, and of a reset when nothing is left before it. */
function tellWaiting(can: (one: Waiting) => boolean | undefined, isLate = true): void {
  for (let one = waiting[0]; one && can(one); one = waiting[0]) {
    waiting.shift();
    const count = resetsBefore(one.event);
    if (count !== resetsTold) reset(count);
    safely(one.event.type, () => one.tell(one.event, one.values));
  }
  if (!waiting.length && (isLate || !underway.size) && resets !== resetsTold) reset(resets);
}

/** Waits for nothing that is not under way, and for no more than a moment for what is. */
function settleSoon(): void {
  tellWaiting(isReady, false);
  if (waiting.length || resets !== resetsTold) {
    setTimeout(() => tellWaiting(({ isAsking }) => !isAsking), WAIT_MILLISECONDS_MAX);
  }
}

const calls: Calls = {
  identify: (event) => take(event, identify),
  group: (event) =>
    take(event, () =>
      after(event, () => ramen().group({ ...company(event.traits ?? {}), id: event.groupId })),
    ),
  page: (event) => take(event, () => after(event, () => ramen().page())),
  track: (event) => take(event, () => after(event, () => ramen().track(event.event))),
};

/** Puts up what takes calls until RamenJS is there. */
function standIn(): void {
  const calls: unknown[] & Partial<Ramen> = [];
  for (const method of METHODS) {
    calls[method] = (...values) => {
      const call = [method, ...values];
      calls.push(call);
      return call;
    };
  }
  window._ramen = calls as unknown as Ramen;
}

export default classicPlugin<Settings>({
  name: "Ramen",
  async start(settings, tools) {
    const { loadScript } = tools;
    ({ analytics, report } = tools);
    ask = asker(settings.crossdock, report);
    resetsBefore = whenCalled(analytics, () => resets);
    analytics.on("dispatch_start", note);
    analytics.on("reset", () => {
      resets += 1;
      settleSoon();
    });
    // Who leaves the page right after a reset must be gone on the next one.
    window.addEventListener("pagehide", () => tellWaiting(() => true));
    window.addEventListener("ramen:error", (event) => {
      const { status, reason, message } =
        (event as CustomEvent<Record<string, unknown>>).detail ?? {};
      if (reason === "secure_mode_required" && sinceIntroduced) {
        safely("identify", introduceAgain);
        return;
      }
      const [code, advice] = REFUSALS[String(reason)] ?? [status, message];
      report(`ramen_${code}`, String(advice));
    });
    if (window._ramen) {
      report(
        "vendor_snippet_found",
        "This page has Ramen's own snippet. Remove it: Ramen comes with Analytics.js now.",
      );
      return;
    }
    standIn();
    const options: Values = {};
    for (const name of BOOT_OPTIONS) if (settings[name]) options[name] = settings[name];
    ramen().boot(settings.organization_id, options);
    await loadScript(settings.script_url || "//cdn.ramen.is/assets/ramen.js");
  },
  calls,
});
