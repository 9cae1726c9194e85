/** Server-sent events: `useEventStream("/ledger/tail?sourceId=…", { entry: add })`. */

import { useEffect, useRef, useState } from "react";
import { isExpired, session, signedInAgain } from "./session";
import { useSignal } from "./signal";

/** open: events come; lost: the connection broke, and is tried again; off: it is not wanted. */
export type StreamState = "connecting" | "open" | "lost" | "off";

const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 10_000;

/** Opens the stream; a test hands in one of its own. */
export type OpenStream = (url: string) => EventSource;

interface Options {
  /** False closes it: the list was paused, or the page is not wanted. */
  isOn?: boolean;
  open?: OpenStream;
}

/**
 * Follows a stream of the management API while the component is there.
 *
 * The browser goes on by itself after a short break; after a refusal it gives up, and so it is
 * opened anew from here, each time after a longer wait. What happened meanwhile is not in the
 * stream: ask for it when the state is `open` again.
 *
 * @param path Under `/api/v1`; another path is another stream.
 * @param handlers What to do with the data of each type of event, parsed. They may change.
 */
export function useEventStream(
  path: string,
  handlers: Record<string, (data: unknown) => void>,
  { isOn = true, open = (url) => new EventSource(url, { withCredentials: true }) }: Options = {},
): StreamState {
  const [state, setState] = useState<StreamState>("connecting");
  const latest = useRef({ handlers, open });
  latest.current = { handlers, open };
  const types = Object.keys(handlers).sort().join(" ");
  // Under the dialog that asks to sign in again nothing more comes in.
  const hasEnded = useSignal(isExpired);

  useEffect(() => {
    if (!isOn || hasEnded) {
      setState("off");
      return;
    }
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let waitMs = WAIT_MS_MIN;
    let isOver = false;

    const connect = () => {
      source = latest.current.open(`/api/v1${path}`);
      source.onopen = () => {
        waitMs = WAIT_MS_MIN;
        setState("open");
      };
      source.onerror = () => {
        setState("lost");
        if (source?.readyState !== EventSource.CLOSED) return;
        timer = setTimeout(async () => {
          // The stream does not say why it was refused; a question to the API does.
          if (await isRefused()) await signedInAgain();
          if (!isOver) connect();
        }, waitMs);
        waitMs = Math.min(waitMs * 2, WAIT_MS_MAX);
      };
      for (const type of types.split(" ")) {
        source.addEventListener(type, (event) => {
          latest.current.handlers[type]?.(JSON.parse((event as MessageEvent<string>).data));
        });
      }
    };

    setState("connecting");
    connect();
    return () => {
      isOver = true;
      clearTimeout(timer);
      source?.close();
    };
  }, [path, types, isOn, hasEnded]);

  return state;
}

async function isRefused(): Promise<boolean> {
  if (!session.get()) return false;
  const answer = await fetch("/api/v1/session", { cache: "no-store" }).catch(() => null);
  return answer?.status === 401;
}
