/** Counts over time as bars, with the highest number and the two ends written beside. */

import type { State } from "../../parts/status_badge";
import classes from "./delivery.module.css";
import { GRAIN_MS, GRAIN_WORDS, type Grain, moment } from "./period";

interface Props {
  counts: readonly number[];
  range: [number, number];
  grain: Grain;
  state: State;
  /** What is counted, for who cannot see it. */
  label: string;
}

const WIDTH = 1000;
const HEIGHT = 150;
const GAP = 0.22;

export function BarChart({ counts, range, grain, state, label }: Props) {
  const highest = Math.max(...counts, 0);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const step = WIDTH / Math.max(counts.length, 1);
  const at = (index: number) => moment(range[0] + index * GRAIN_MS[grain], grain);
  return (
    <figure style={{ margin: 0 }}>
      <svg
        className={classes.chart}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}: ${total.toLocaleString()}, at most ${highest.toLocaleString()} in a ${GRAIN_WORDS[grain]}`}
      >
        {[0.5, HEIGHT / 2, HEIGHT - 0.5].map((y) => (
          <line key={y} x1="0" x2={WIDTH} y1={y} y2={y} className={classes.gridLine} />
        ))}
        {counts.map((count, index) => {
          const height = highest === 0 ? 0 : Math.max((count / highest) * HEIGHT, count ? 2 : 0);
          return (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place in time.
              key={index}
              className={classes.bar}
              data-state={state}
              x={index * step + (step * GAP) / 2}
              width={step * (1 - GAP)}
              y={HEIGHT - height}
              height={height}
            >
              <title>{`${at(index)}: ${count.toLocaleString()}`}</title>
            </rect>
          );
        })}
      </svg>
      <div className={classes.axis} aria-hidden>
        <span>{at(0)}</span>
        <span>
          at most {highest.toLocaleString()} a {GRAIN_WORDS[grain]}
        </span>
        <span>{at(counts.length - 1)}</span>
      </div>
    </figure>
  );
}
