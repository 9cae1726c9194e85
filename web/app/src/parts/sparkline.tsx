import classes from "./parts.module.css";

interface Props {
  /** Oldest first. */
  values: readonly number[];
  /** What the line shows, and over what time: "Events of the last hour". */
  label: string;
  width?: number;
  height?: number;
}

/** A small line without axes; its label tells the sum to who cannot see it. */
export function Sparkline({ values, label, width = 120, height = 28 }: Props) {
  const highest = Math.max(...values, 1);
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  const points = values.map((value, index) => {
    const y = height - 1.5 - (value / highest) * (height - 3);
    return `${(index * step).toFixed(1)},${y.toFixed(1)}`;
  });
  const total = values.reduce((sum, value) => sum + value, 0);
  return (
    <svg
      className={classes.sparkline}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={`${label}: ${total.toLocaleString()}`}
    >
      {points.length > 1 && (
        <>
          <polygon
            points={`0,${height} ${points.join(" ")} ${width},${height}`}
            fill="var(--mantine-color-petrol-light)"
          />
          <polyline
            points={points.join(" ")}
            fill="none"
            stroke="var(--mantine-color-anchor)"
            strokeWidth="1.6"
            strokeLinejoin="round"
          />
        </>
      )}
    </svg>
  );
}
