/** Ramen in the browser: loads RamenJS and tells it who is there and what they do. */

import {
  type Analytics,
  type AnalyticsEvent,
  classicPlugin,
  type Values,
} from "@crossdock/plugin-kit";

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

let hasIdentified = false;
let analytics: Analytics | undefined;

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

function identify(event: AnalyticsEvent): void {
  if (!event.userId) return;
  const given = event.integrations?.Ramen;
  const { auth_hash_timestamp, ...options } = (typeof given === "object" ? given : {}) as Values;
  if (auth_hash_timestamp !== undefined) options.timestamp ??= auth_hash_timestamp;
  remember(options.auth_hash);
  hasIdentified = true;
  ramen().identify(user(event.userId, event.traits ?? {}), options);
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
 * Says who is there if nobody has: the person that Analytics.js remembers from an earlier page,
 * else an anonymous visitor. In secure mode only the page can name a person.
 */
function introduce(): void {
  if (hasIdentified) return;
  hasIdentified = true;
  const held = analytics?.user();
  const id = held?.id();
  if (id && !isSecure()) ramen().identify(user(id, held?.traits?.() ?? {}), {});
  else ramen().identify();
}

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
    const { loadScript, report } = tools;
    analytics = tools.analytics;
    analytics.on("reset", () => {
      hasIdentified = false;
      remember(false);
      ramen().reset();
    });
    window.addEventListener("ramen:error", (event) => {
      const { status, reason, message } =
        (event as CustomEvent<Record<string, unknown>>).detail ?? {};
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
  calls: {
    identify,
    group: (event) => {
      introduce();
      ramen().group({ ...company(event.traits ?? {}), id: event.groupId });
    },
    page: () => {
      introduce();
      ramen().page();
    },
    track: (event) => {
      introduce();
      ramen().track(event.event);
    },
  },
});
