/** What is known of the person whom a page identifies: asked for, and not waited for for long. */

import type { Report, Served, Values } from "@crossdock/plugin-kit";

/** A person is told of their question a moment later, and nobody notices; more would be felt. */
const WAIT_MILLISECONDS_MAX = 500;

/** Asks about a user with the options of their identify; undefined if there is nothing to ask. */
export type Ask = (user: Values, options: Values, engage: unknown) => Promise<Values> | undefined;

/** Returns what proves that the page's server knows the user. */
function proofOf(user: Values, options: Values, engage: unknown): Values | undefined {
  const { expires, signature } = (engage ?? {}) as Values;
  if (signature) return { expires, signature };
  const { timestamp, auth_hash } = options;
  return auth_hash ? { email: user.email, name: user.name, timestamp, auth_hash } : undefined;
}

/** Makes what asks for a connection's values, if its owner has switched that on. */
export function asker({ connectionId, valuesUrl }: Served, report: Report): Ask | undefined {
  if (!valuesUrl) return;
  return (user, options, engage) => {
    const proof = proofOf(user, options, engage);
    if (!proof) {
      report("engage_unsigned", "Engage values need a signature in integrations.Ramen.engage.");
      return;
    }
    const leaving = new AbortController();
    return new Promise<Values>((resolve) => {
      const timer = setTimeout(() => {
        leaving.abort();
        report("engage_late", "Engage values took too long; identify goes on without them.");
        resolve({});
      }, WAIT_MILLISECONDS_MAX);
      fetch(valuesUrl, {
        method: "POST",
        // A text needs no preflight.
        body: JSON.stringify({ ...proof, connectionId, userId: String(user.id) }),
        credentials: "omit",
        cache: "no-store",
        signal: leaving.signal,
      })
        .then((answer) => answer.json())
        .then(({ values }) => {
          if (!Object.keys(values).length) {
            console.debug("[Ramen] No Engage values; the connection's page says why.");
          }
          return values as Values;
        })
        // A blocker, or no network.
        .catch(() => ({}))
        .then((values) => {
          clearTimeout(timer);
          resolve(values);
        });
    });
  };
}
