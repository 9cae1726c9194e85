/** Tells the owner, through the server, that something is wrong with a connection on this page. */

import type { Served } from "./analytics.js";

const DETAIL_LENGTH_MAX = 500;

/** Reports a problem: a stable code, and what happened. The same code is sent once per page. */
export type Report = (code: string, detail: string) => void;

/** Makes the reporter of a connection. It never throws: a page must not suffer from it. */
export function reporter(name: string, { connectionId, reportUrl }: Served): Report {
  const told = new Set<string>();
  return (code, detail) => {
    if (told.has(code)) return;
    told.add(code);
    console.warn(`[${name}] ${detail}`);
    try {
      // A string goes out as text/plain, which needs no preflight.
      const notice = { connectionId, code, detail: detail.slice(0, DETAIL_LENGTH_MAX) };
      navigator.sendBeacon(reportUrl, JSON.stringify(notice));
    } catch {
      // A browser without sendBeacon, or a blocker: the console has it.
    }
  };
}
