import { ActionIcon, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";

interface Props {
  value: string;
  /** What is copied, such as "write key". */
  label: string;
  className?: string | undefined;
}

export function CopyButton({ value, label, className }: Props) {
  const { copied, copy, error } = useClipboard({ timeout: 1500 });
  // Without https the browser has no clipboard for pages; then one marks and copies by hand.
  const text = error ? "The browser does not allow it" : copied ? "Copied" : `Copy ${label}`;
  return (
    <Tooltip label={text}>
      <ActionIcon
        {...(className ? { className } : {})}
        aria-label={text}
        onClick={() => copy(value)}
      >
        {copied ? <IconCheck size={16} color="var(--app-good)" /> : <IconCopy size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}
