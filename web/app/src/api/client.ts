/**
 * The way to the management API, with its types.
 *
 *     const { sources } = await data(api.GET("/sources"));
 *
 * A request that finds the session expired waits until the person has signed in again, over the
 * page as it is, and is then sent once more: what was typed is saved after all. So is one from a
 * page that was opened before another page of the browser signed out and in again.
 */

import createClient from "openapi-fetch";
import { errorOf, Unreachable } from "./errors";
import { lost } from "./reach";
import type { paths } from "./schema";
import { goOnWithTheLatest, session, signedInAgain } from "./session";

async function send(request: Request): Promise<Response> {
  const again = request.clone();
  const answer = await reachable(request);
  const canGoOn =
    (answer.status === 401 && (await signedInAgain())) ||
    ((await isOfAnEarlierSession(answer)) && (await goOnWithTheLatest()));
  return canGoOn ? reachable(again) : answer;
}

/** Returns whether another page has signed out, and in again, since this one was opened. */
async function isOfAnEarlierSession(answer: Response): Promise<boolean> {
  if (answer.status !== 403) return false;
  const body: unknown = await answer
    .clone()
    .json()
    .catch(() => null);
  return errorOf(403, body).problems.some((problem) => problem.type === "csrf_token");
}

async function reachable(request: Request): Promise<Response> {
  const csrfToken = session.get()?.csrfToken;
  if (csrfToken) request.headers.set("x-csrf-token", csrfToken);
  try {
    const answer = await fetch(request);
    // A proxy answers so for a server that is gone.
    if (answer.status === 502 || answer.status === 504) throw new Unreachable();
    return answer;
  } catch (error) {
    if (request.signal.aborted) throw error;
    lost();
    throw new Unreachable();
  }
}

export const api = createClient<paths>({
  baseUrl: "/api/v1",
  credentials: "same-origin",
  fetch: send,
});

interface Answered<T> {
  data?: { data: T };
  error?: unknown;
  response: Response;
}

/**
 * Returns what is inside the answer's envelope.
 *
 * Throws an `ApiError` that says what was wrong, or `Unreachable`.
 */
export async function data<T>(call: Promise<Answered<T>>): Promise<T> {
  const { data: body, error, response } = await call;
  if (!response.ok) throw errorOf(response.status, error);
  return (body as { data: T }).data;
}

/** Returns what is inside the envelope, and the ETag with which a change says what it changes. */
export async function versioned<T>(
  call: Promise<Answered<T>>,
): Promise<{ value: T; etag: string | null }> {
  const answered = await call;
  return {
    value: await data(Promise.resolve(answered)),
    etag: answered.response.headers.get("etag"),
  };
}
