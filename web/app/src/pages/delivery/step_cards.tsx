/** The six steps side by side: how many, which share, and the trend. One can be chosen. */

import { Skeleton, Stack } from "@mantine/core";
import { LoadingRows } from "../../parts/query_view";
import { Sparkline } from "../../parts/sparkline";
import classes from "./delivery.module.css";
import type { Overview } from "./queries";
import { percent, STEPS, type StepName, sharesOf } from "./steps";

interface Props {
  overview: Overview | undefined;
  chosen: StepName | undefined;
  onChoose: (name: StepName) => void;
  words: string;
}

export function StepCards({ overview, chosen, onChoose, words }: Props) {
  const shares = sharesOf(overview?.totals ?? {});
  return (
    <section className={classes.steps} aria-label="The six steps of delivery">
      {STEPS.map(({ name, label, state }) => {
        const total = overview?.totals[name];
        return (
          <button
            key={name}
            type="button"
            className={classes.step}
            aria-pressed={name === chosen}
            onClick={() => onChoose(name)}
          >
            <span className={classes.stepLabel}>
              <span
                className={classes.dot}
                data-state={state === "bad" && !total ? "idle" : state}
                aria-hidden
              />
              {label}
            </span>
            {total === undefined ? (
              <Skeleton height={26} width={64} my={5} />
            ) : (
              <span className={classes.value}>
                <strong>{total.toLocaleString()}</strong>
                <span>{total > 0 && percent(shares[name])}</span>
              </span>
            )}
            {name === "filtered-at-destination" && overview && overview.byBrowser > 0 && (
              <span className={classes.aside}>
                and {overview.byBrowser.toLocaleString()} sent by the browser
              </span>
            )}
            <span className={classes.trend}>
              {overview && (
                <Sparkline values={overview.counts[name]} label={`${label} ${words}`} width={150} />
              )}
            </span>
          </button>
        );
      })}
    </section>
  );
}

/** What stands there until the page can be shown. A step can be chosen already. */
export function LoadingSteps(props: Omit<Props, "overview">) {
  return (
    <Stack gap="lg">
      <StepCards overview={undefined} {...props} />
      <LoadingRows />
    </Stack>
  );
}
