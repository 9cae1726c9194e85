import { Group, SegmentedControl } from "@mantine/core";
import { useSearchParams } from "react-router";
import { chosen, GRAIN_WORDS, type Grain, PERIODS, type Period } from "./period";

/** The period and grain that the page's address names, and what sets them there. */
export function usePeriod() {
  const [parameters, setParameters] = useSearchParams();
  const set = (changes: Record<string, string | null>) =>
    setParameters(
      (before) => {
        for (const [key, value] of Object.entries(changes)) {
          if (value === null) before.delete(key);
          else before.set(key, value);
        }
        return before;
      },
      { replace: true, preventScrollReset: true },
    );
  return { ...chosen(parameters), parameters, set };
}

interface Props {
  period: Period;
  grain: Grain;
  set: (changes: Record<string, string | null>) => void;
}

export function PeriodChoice({ period, grain, set }: Props) {
  return (
    <Group gap="xs">
      {period.grains.length > 1 && (
        <SegmentedControl
          size="xs"
          aria-label="Counted by"
          value={grain}
          onChange={(value) => set({ by: value.toLowerCase() })}
          data={period.grains.map((one) => ({ value: one, label: `By ${GRAIN_WORDS[one]}` }))}
        />
      )}
      <SegmentedControl
        size="xs"
        aria-label="Period"
        value={period.name}
        onChange={(value) => set({ period: value, by: null })}
        data={PERIODS.map(({ name, label }) => ({ value: name, label }))}
      />
    </Group>
  );
}
