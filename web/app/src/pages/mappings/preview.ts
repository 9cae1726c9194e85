/** What the chosen event becomes under the draft, as the draft is typed. */

import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type RecentEvent, recentEventsQuery } from "../../api/recent_events";
import { useMay } from "../../api/roles";
import { SAMPLES } from "../../parts/sample_events";
import type { Destination } from "../destinations/queries";
import { useGivenEvent } from "../events/given";
import { type Draft, type EventTest, type Mapping, previewQuery } from "./api";
import { type FieldProblem, madeHere, problemsOf, takes } from "./logic";

const TYPING_MS = 200;
const RECENT = 20;

export interface Preview {
  /** Of the source, the newest first; made-up ones while it has none. */
  events: readonly RecentEvent[];
  isSample: boolean;
  isLoading: boolean;
  chosenId: string | undefined;
  choose: (messageId: string) => void;
  /** What was pasted instead; undefined if nothing was. */
  pasted: unknown;
  paste: (event: unknown) => void;
  event: unknown;
  takesIt: boolean;
  /** The real way that the server tells of; undefined where the page has to do it itself. */
  test: EventTest | undefined;
  payload: unknown;
  /** Why there is no payload, where the page makes it. */
  problem: string | undefined;
  problems: FieldProblem[];
  error: unknown;
  isOnPage: boolean;
}

export function usePreview(destination: Destination, mapping: Mapping, draft: Draft): Preview {
  // Who comes from the life of an event sees that one first.
  const { given, isLoading: isGivenLoading } = useGivenEvent();
  const [ownChoice, choose] = useState<string>();
  const chosenId = ownChoice ?? given?.messageId;
  const [pasted, paste] = useState<unknown>();
  const canTry = useMay("editor");
  const recent = useQuery(recentEventsQuery(destination.sourceId, RECENT));
  const isLoading = recent.isPending || isGivenLoading;
  const isSample = !isLoading && !given && (recent.data?.length ?? 0) === 0;
  const events = useMemo(() => {
    if (isLoading) return [];
    return isSample ? SAMPLES : withGiven(recent.data ?? [], given);
  }, [isLoading, isSample, recent.data, given]);
  const chosen =
    events.find(({ messageId }) => messageId === chosenId) ??
    events.find(({ event }) => takes(draft.trigger, event)) ??
    events[0];
  const event = pasted ?? chosen?.event;

  // The browser plugin maps by itself, and whoever may only look cannot ask for a try.
  const isOnPage = destination.metadata.mode === "device" || !canTry;
  const typed = useMemo(
    () => ({ destinationId: destination.id, mapping, draft, event }),
    [destination.id, mapping, draft, event],
  );
  const [settled] = useDebouncedValue(typed, TYPING_MS);
  const asked = useQuery(previewQuery(settled, !isOnPage && settled.event !== undefined));
  const test = isOnPage ? undefined : asked.data;
  const made = useMemo(() => madeHere(draft.settings, event ?? {}), [draft.settings, event]);
  const ofServer = test?.steps.find(({ step, left }) => step === "mapping" && left !== null)?.left;
  return {
    events,
    isSample,
    isLoading,
    chosenId: pasted === undefined ? chosen?.messageId : undefined,
    choose,
    pasted,
    paste,
    event,
    takesIt: takes(draft.trigger, event),
    test,
    payload: ofServer ?? ("payload" in made ? made.payload : undefined),
    problem: "problem" in made ? made.problem : undefined,
    problems: problemsOf(test),
    error: asked.error,
    isOnPage,
  };
}

/** Returns the events with the one that the page was opened with, which may be older. */
function withGiven(
  events: readonly RecentEvent[],
  given: RecentEvent | undefined,
): readonly RecentEvent[] {
  if (!given || events.some(({ messageId }) => messageId === given.messageId)) return events;
  return [given, ...events];
}
