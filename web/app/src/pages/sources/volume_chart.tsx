/** How many events came, stretch by stretch. */

import { PERIODS, type Period } from "../../api/volumes";
import classes from "./sources.module.css";

interface Props {
  counts: readonly number[];
  period: Period;
  startMs: number;
}

const HEIGHT = 100;
const GAP = 0.22;

export function VolumeChart({ counts, period, startMs }: Props) {
  const { stepMs, label } = PERIODS[period];
  const highest = Math.max(...counts, 1);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const format = new Intl.DateTimeFormat(
    undefined,
    period === "hour" || period === "day"
      ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
      : { month: "short", day: "numeric" },
  );
  const nameOf = (index: number) => format.format(startMs + index * stepMs);
  return (
    <div>
      <svg
        className={classes.chart}
        viewBox={`0 0 ${counts.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}: ${total.toLocaleString()} events, at most ${Math.max(...counts, 0).toLocaleString()} at a time`}
      >
        <line
          x1="0"
          x2={counts.length}
          y1={HEIGHT - 0.5}
          y2={HEIGHT - 0.5}
          stroke="var(--app-line)"
          vectorEffect="non-scaling-stroke"
        />
        {counts.map((count, index) => {
          const height = (count / highest) * (HEIGHT - 4);
          return (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: a stretch of time is its place.
              key={index}
              className={classes.bar}
              x={index + GAP / 2}
              width={1 - GAP}
              y={HEIGHT - height}
              height={height}
            >
              <title>{`${nameOf(index)}: ${count.toLocaleString()}`}</title>
            </rect>
          );
        })}
      </svg>
      <div className={classes.axis} aria-hidden>
        <span>{nameOf(0)}</span>
        <span>{nameOf(Math.floor(counts.length / 2))}</span>
        <span>{nameOf(counts.length - 1)}</span>
      </div>
    </div>
  );
}
