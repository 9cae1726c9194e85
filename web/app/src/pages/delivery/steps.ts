/** The six steps of a delivery overview, in the words that people know from Segment. */

import type { State } from "../../parts/status_badge";

export type StepName =
  | "successfully-received"
  | "failed-on-ingest"
  | "filtered-at-source"
  | "filtered-at-destination"
  | "failed-delivery"
  | "successful-delivery";

export interface Step {
  name: StepName;
  label: string;
  /** What is counted there. */
  what: string;
  /** Whether it is about the source, so that no destination is asked for. */
  isOfSource: boolean;
  state: State;
  /** The ledger's word for its entries, if it has one. */
  ledgerStep?: string;
}

export const STEPS: readonly Step[] = [
  {
    name: "successfully-received",
    label: "Successfully received",
    what: "Accepted and stored.",
    isOfSource: true,
    state: "good",
    ledgerStep: "received",
  },
  {
    name: "failed-on-ingest",
    label: "Failed on ingest",
    what: "Rejected or unreadable.",
    isOfSource: true,
    state: "bad",
    ledgerStep: "discarded",
  },
  {
    name: "filtered-at-source",
    label: "Filtered at source",
    what: "Duplicates, and events with no destination.",
    isOfSource: true,
    state: "idle",
  },
  {
    name: "filtered-at-destination",
    label: "Filtered at destination",
    what: "Stopped by a filter, a trigger, or the event's integrations object.",
    isOfSource: false,
    state: "idle",
  },
  {
    name: "failed-delivery",
    label: "Failed delivery",
    what: "Could not be mapped, was rejected, or failed on every attempt.",
    isOfSource: false,
    state: "bad",
  },
  {
    name: "successful-delivery",
    label: "Successful delivery",
    what: "Accepted by the destination.",
    isOfSource: false,
    state: "good",
    ledgerStep: "delivered",
  },
];

export function stepNamed(name: string | null): Step | undefined {
  return STEPS.find((step) => step.name === name);
}

/** Returns the share that each step has of the steps at the same place, from 0 to 1. */
export function sharesOf(totals: Partial<Record<StepName, number>>): Record<StepName, number> {
  const at = (name: StepName) => totals[name] ?? 0;
  const atSource = at("successfully-received") + at("failed-on-ingest");
  const atDestination =
    at("filtered-at-destination") + at("failed-delivery") + at("successful-delivery");
  return Object.fromEntries(
    STEPS.map(({ name, isOfSource }) => {
      const whole = isOfSource ? atSource : atDestination;
      return [name, whole === 0 ? 0 : at(name) / whole];
    }),
  ) as Record<StepName, number>;
}

/** Returns a share as people read it; what is there is never 0 %, and what is missing never 100 %. */
export function percent(share: number): string {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  if (share < 1 && share > 0.999) return "> 99.9 %";
  return `${(share * 100).toLocaleString(undefined, { maximumFractionDigits: 1 })} %`;
}
