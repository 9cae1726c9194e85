import { SegmentedControl } from "@mantine/core";
import type { Period } from "../api/volumes";

interface Props {
  value: Period;
  onChange: (period: Period) => void;
}

/** The choice of how far back a page looks. */
export function PeriodControl({ value, onChange }: Props) {
  return (
    <SegmentedControl
      size="xs"
      aria-label="Period"
      value={value}
      onChange={(next) => onChange(next as Period)}
      data={[
        { value: "hour", label: "Hour" },
        { value: "day", label: "24 hours" },
        { value: "week", label: "7 days" },
        { value: "month", label: "30 days" },
      ]}
    />
  );
}
