/** A secret that is shown now and never again, ready to be copied. */

import { Alert, Button, Group, Text, TextInput } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy, IconKey } from "@tabler/icons-react";

interface Props {
  label: string;
  value: string;
  children: string;
}

export function ShownOnce({ label, value, children }: Props) {
  const { copied, copy, error } = useClipboard({ timeout: 60_000 });
  return (
    <Alert
      role="status"
      color="petrol"
      variant="outline"
      bg="var(--mantine-color-body)"
      icon={<IconKey />}
      title="Copy it now: it is not shown again"
    >
      <Text fz="sm">{children}</Text>
      <Group mt="sm" gap="xs" align="flex-end">
        <TextInput
          label={label}
          value={value}
          readOnly
          flex="1 1 220px"
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 } }}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Button
          variant={copied ? "default" : "filled"}
          leftSection={
            copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />
          }
          onClick={() => copy(value)}
        >
          {/* Without https the browser has no clipboard for pages. */}
          {error ? "Mark it and copy by hand" : copied ? "Copied" : "Copy"}
        </Button>
      </Group>
    </Alert>
  );
}
