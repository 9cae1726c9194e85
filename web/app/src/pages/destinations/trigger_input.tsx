import { Textarea } from "@mantine/core";

interface Props {
  /** FQL. */
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
}

/** Which events are meant. */
export function TriggerInput({ value, onChange, error }: Props) {
  return (
    <Textarea
      label="Which events"
      description={
        'In FQL: type = "track", event = "Order Completed", properties.total > 100, with and, or, not.'
      }
      required
      autosize
      minRows={2}
      spellCheck={false}
      error={error}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
    />
  );
}
