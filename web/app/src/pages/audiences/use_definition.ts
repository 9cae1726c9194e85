/** A definition as text and in the builder, each made from the other by the server. */

import { useEffect, useRef, useState } from "react";
import { explain, Unreachable } from "../../api/errors";
import { onBack } from "../../api/reach";
import { type Converted, convert, type Kind, type Subject } from "./queries";

export interface Editing<Built> {
  /** What the builder shows; null where it cannot show the text. */
  built: Built | null;
  /** The text as it is typed, or as it was made. */
  query: string;
  /** The text that is whole and right; "" while there is none. */
  valid: string;
  /** What is still to be filled in. */
  missing: string | null;
  problem: Converted["problem"];
  notInBuilder: string | null;
  /** Why the server could not be asked. */
  unasked: string | null;
  isBusy: boolean;
  build: (built: Built) => void;
  write: (query: string) => void;
}

interface Options<Built> {
  kind: Kind;
  type: Subject;
  /** The text to begin with, or what the builder begins with. */
  start: { query: string } | { built: Built };
  missing: (built: Built) => string | null;
  /** What the server is sent for what the builder shows. */
  toServer: (built: Built) => object;
  fromServer: (found: object) => Built;
}

const WAIT_MS = 250;

type Change<Built> = { built: Built } | { query: string };

export function useDefinition<Built>({
  kind,
  type,
  start,
  missing,
  toServer,
  fromServer,
}: Options<Built>): Editing<Built> {
  const [built, setBuilt] = useState<Built | null>("built" in start ? start.built : null);
  const [query, setQuery] = useState("query" in start ? start.query : "");
  const [valid, setValid] = useState("query" in start ? start.query : "");
  const [problem, setProblem] = useState<Converted["problem"]>(null);
  const [notInBuilder, setNotInBuilder] = useState<string | null>(null);
  const [unasked, setUnasked] = useState<string | null>(null);
  const [change, setChange] = useState<Change<Built> | null>("query" in start ? start : null);
  const hooks = useRef({ missing, toServer, fromServer });
  hooks.current = { missing, toServer, fromServer };
  const lacking = built === null ? null : missing(built);

  useEffect(() => {
    if (change === null) return;
    const isBuilt = "built" in change;
    if (isBuilt && hooks.current.missing(change.built) !== null) {
      setChange(null);
      return;
    }
    const stop = new AbortController();
    const ask = async () => {
      const from = isBuilt
        ? { builder: hooks.current.toServer(change.built) as Record<string, unknown> }
        : { query: change.query };
      try {
        const found = await convert(kind, type, from, stop.signal);
        setProblem(found.problem);
        setNotInBuilder(found.notInBuilder);
        setUnasked(null);
        setValid(found.problem ? "" : isBuilt ? (found.query ?? "") : change.query);
        if (isBuilt) {
          if (found.query !== null) setQuery(found.query);
        } else if (found.builder) setBuilt(hooks.current.fromServer(found.builder));
        else if (found.notInBuilder) setBuilt(null);
        setChange(null);
      } catch (error) {
        if (stop.signal.aborted) return;
        const { what, todo } = explain(error);
        setUnasked(`${what} ${todo}`);
        // What was right before is not what stands there now.
        setValid("");
        // It is still to be asked, as soon as the server is back.
        if (!(error instanceof Unreachable)) setChange(null);
      }
    };
    const timer = setTimeout(() => void ask(), WAIT_MS);
    const stopWaiting = onBack(() => void ask());
    return () => {
      clearTimeout(timer);
      stopWaiting();
      stop.abort();
    };
  }, [change, kind, type]);

  return {
    built,
    query,
    valid: lacking === null || notInBuilder !== null ? valid : "",
    missing: problem === null && notInBuilder === null ? lacking : null,
    problem,
    notInBuilder,
    unasked,
    isBusy: change !== null,
    build: (next) => {
      setBuilt(next);
      setProblem(null);
      setChange({ built: next });
    },
    write: (text) => {
      setQuery(text);
      setChange({ query: text });
    },
  };
}
