/** How a size changed: in words, and as a line. */

import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { components } from "../../api/schema";
import parts from "../../parts/parts.module.css";
import classes from "./audience.module.css";
import { type Computation, oneSizesQuery } from "./queries";
import { changeOf, lineOf } from "./words";

type Sizes = components["schemas"]["SizesShape"];

interface Props {
  one: Computation;
  sizes: Sizes | undefined;
  /** Over what time: "the last day". */
  over: string;
  width?: number;
  height?: number;
}

/** A line of the sizes, with the present one at its end. */
export function SizeLine({ one, sizes, over, width = 110, height = 26 }: Props) {
  if (!sizes || sizes.points.length === 0) return null;
  const points = [
    ...sizes.points.map(({ at, size }) => ({ at: Date.parse(at), size })),
    { at: Date.now(), size: one.size },
  ];
  const corners = lineOf(points, width, height);
  const from = points[0]?.size ?? 0;
  return (
    <svg
      className={parts.sparkline}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={`Size over ${over}: from ${from.toLocaleString()} to ${one.size.toLocaleString()}`}
    >
      <polygon
        points={`0,${height} ${corners.join(" ")} ${width},${height}`}
        fill="var(--mantine-color-petrol-light)"
      />
      <polyline
        points={corners.join(" ")}
        fill="none"
        stroke="var(--mantine-color-anchor)"
        strokeWidth="1.6"
        strokeLinejoin="round"
      />
    </svg>
  );
}

interface ChangeProps extends Pick<Props, "one" | "sizes"> {
  /** In a list it is left out where there was none. */
  isOnlyIfAny?: boolean;
}

export function Change({ one, sizes, isOnlyIfAny }: ChangeProps) {
  const words = changeOf(one.size, sizes, Date.now());
  if (words === null || (isOnlyIfAny && words.startsWith("no "))) return null;
  return (
    <Text fz="xs" c="dimmed" span>
      {words}
    </Text>
  );
}

/** Beside the name of one: its last thirty days. */
export function Trend({ one }: { one: Computation }) {
  const { data } = useQuery(oneSizesQuery(one.kind, one.id));
  return (
    <div className={classes.trend}>
      <SizeLine one={one} sizes={data} over="the last 30 days" width={180} height={34} />
      <Change one={one} sizes={data} />
    </div>
  );
}
