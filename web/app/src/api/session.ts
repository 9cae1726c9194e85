/** Who is signed in. The cookie is the browser's; the page knows only who it belongs to. */

import { errorOf, Unreachable } from "./errors";
import { lost } from "./reach";
import { signal } from "./signal";

export type Role = "owner" | "editor" | "viewer";

export interface Person {
  id: string;
  name: string;
  email: string;
  role: Role;
}

export interface Session {
  /** Nobody by name: it was the admin token. */
  person: Person | null;
  role: Role;
  via: "admin-token" | "password";
  csrfToken: string;
}

export type Credentials = { token: string } | { email: string; password: string };

/** `undefined`: not asked yet; `null`: nobody is signed in. */
export const session = signal<Session | null | undefined>(undefined);

/** True while the page waits for the person to sign in again, over what they were doing. */
export const isExpired = signal(false);

let waiting: Array<(isSignedIn: boolean) => void> = [];

async function ask(method: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  const csrfToken = session.get()?.csrfToken;
  if (csrfToken) headers["x-csrf-token"] = csrfToken;
  try {
    return await fetch("/api/v1/session", {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    lost();
    throw new Unreachable();
  }
}

async function taken(answer: Response): Promise<Session> {
  const body: unknown = await answer.json().catch(() => null);
  if (!answer.ok) throw errorOf(answer.status, body);
  return (body as { data: { session: Session } }).data.session;
}

/** Finds out who is signed in, after which `session` says so. */
export async function loadSession(): Promise<void> {
  const answer = await ask("GET");
  session.set(answer.status === 401 ? null : await taken(answer));
}

/**
 * Signs in, and lets the requests go on that waited for it.
 *
 * Whoever signs in as somebody else over an open page gets the page anew: what stands on it was
 * somebody else's.
 */
export async function signIn(credentials: Credentials): Promise<void> {
  let found = await taken(await ask("POST", credentials));
  // The answer may leave out what GET says.
  if (!found?.csrfToken) found = await taken(await ask("GET"));
  if (takeOver(found)) goOn(true);
}

/** Goes on with the session that another page has begun; returns whether it is of the same person. */
export async function goOnWithTheLatest(): Promise<boolean> {
  return takeOver(await taken(await ask("GET")));
}

function takeOver(found: Session): boolean {
  const before = session.get();
  if (before && (before.person?.id !== found.person?.id || before.role !== found.role)) {
    location.reload();
    return false;
  }
  session.set(found);
  return true;
}

/** Ends the session, and everything that the page knew with it. */
export async function signOut(): Promise<void> {
  await ask("DELETE");
  location.assign("/");
}

/** Resolves when the person has signed in again: true; or would rather not: false. */
export function signedInAgain(): Promise<boolean> {
  isExpired.set(true);
  return new Promise((resolve) => waiting.push(resolve));
}

/** Gives up what the page was doing, and shows the sign-in page. */
export function leave(): void {
  session.set(null);
  goOn(false);
}

function goOn(isSignedIn: boolean): void {
  isExpired.set(false);
  const all = waiting;
  waiting = [];
  for (const resolve of all) resolve(isSignedIn);
}
