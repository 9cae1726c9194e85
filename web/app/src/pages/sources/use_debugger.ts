/** Follows a source live, many thousand events a minute if need be, and draws once a frame. */

import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { type StreamState, useEventStream } from "../../api/event_stream";
import { DebuggerRows, type Row } from "./debugger_rows";
import type { Entry } from "./entries";
import { lifeOf, searchLedger } from "./queries";

const BEGIN_WITH = 500;
// A tab in the background is given no frames: what waits for one is taken in without.
const WAITING_MAX = 2_000;

export interface Debugger {
  /** Newest first; as they were when it was paused. */
  rows: readonly Row[];
  /** How many events came since it was paused. */
  cameMeanwhile: number;
  /** How many entries came too fast to be shown. */
  missed: number;
  isPaused: boolean;
  setPaused: (isPaused: boolean) => void;
  clear: () => void;
  stream: StreamState;
  isLoading: boolean;
}

interface Shown {
  rows: readonly Row[];
  total: number;
}

export function useDebugger(sourceId: string): Debugger {
  const held = useRef(new DebuggerRows());
  const waiting = useRef<Entry[]>([]);
  const frame = useRef(0);
  const [live, setLive] = useState<Shown>({ rows: [], total: 0 });
  const [frozen, setFrozen] = useState<Shown | null>(null);
  const [missed, setMissed] = useState(0);
  const [isLoading, setLoading] = useState(true);

  const show = useCallback(() => {
    setLive({ rows: held.current.newestFirst(), total: held.current.total });
  }, []);
  const takeIn = useCallback(() => {
    held.current.add(waiting.current);
    waiting.current = [];
  }, []);
  const onFrame = useCallback(() => {
    frame.current = 0;
    takeIn();
    show();
  }, [takeIn, show]);
  const add = useCallback(
    (entry: Entry) => {
      waiting.current.push(entry);
      if (waiting.current.length >= WAITING_MAX) takeIn();
      if (!frame.current) frame.current = requestAnimationFrame(onFrame);
    },
    [takeIn, onFrame],
  );

  const stream = useEventStream(`/ledger/tail?sourceId=${sourceId}`, {
    entry: (entry) => add(entry as Entry),
    missed: (left) => setMissed((before) => before + (left as { count: number }).count),
  });

  // What was there before, and what came while the connection was lost.
  useEffect(() => {
    if (stream !== "open") return;
    let isOver = false;
    searchLedger({ sourceId, limit: BEGIN_WITH })
      .then((entries) => {
        if (isOver) return;
        held.current.add(entries.reverse());
        show();
      })
      // The stream goes on without; if the server is gone, the banner says so.
      .catch(() => undefined)
      .finally(() => !isOver && setLoading(false));
    return () => {
      isOver = true;
    };
  }, [stream, sourceId, show]);
  useMissedSteps(sourceId, missed > 0, held, show);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  return {
    rows: (frozen ?? live).rows,
    cameMeanwhile: frozen ? live.total - frozen.total : 0,
    missed,
    isPaused: frozen !== null,
    setPaused: (isPaused) => setFrozen(isPaused ? live : null),
    clear: () => {
      held.current.clear();
      setMissed(0);
      setFrozen(null);
      show();
    },
    stream,
    isLoading,
  };
}

const LOOK_MS = 5_000;
const SETTLED_AFTER_MS = 10_000;
const ASKED_AT_ONCE = 20;

/** Once steps were missed, asks the ledger for what became of the events that seem to stand still. */
function useMissedSteps(
  sourceId: string,
  isOn: boolean,
  held: RefObject<DebuggerRows>,
  show: () => void,
): void {
  const asked = useRef(new Set<string>());
  useEffect(() => {
    if (!isOn) return;
    const ask = async (messageId: string) => {
      asked.current.add(messageId);
      try {
        held.current.add(await lifeOf(sourceId, messageId));
      } catch {
        // It is asked again with the next look.
        asked.current.delete(messageId);
      }
    };
    const look = async () => {
      const before = Date.now() - SETTLED_AFTER_MS;
      const stuck = held.current.stuckSince(before, asked.current, ASKED_AT_ONCE);
      if (stuck.length === 0) return;
      await Promise.all(stuck.map(ask));
      show();
    };
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => clearInterval(timer);
  }, [sourceId, isOn, held, show]);
}
