/** What a new one is called here, and by destinations. */

import { Button, Code, Paper, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { keyOf } from "./builder/model";

interface Props {
  name: string;
  onName: (name: string) => void;
  /** Null while it is made of the name. */
  ownKey: string | null;
  onKey: (key: string) => void;
  placeholder: string;
  /** What the server said of fields. */
  messages: Readonly<Record<string, string>>;
}

export function NameFields({ name, onName, ownKey, onKey, placeholder, messages }: Props) {
  const key = keyOf(name);
  const [isOpen, setOpen] = useState(false);
  // A name without a Latin letter makes no key.
  const isNeeded = name.trim() !== "" && key === "";
  return (
    <Paper p="lg" component="section" aria-label="What it is called">
      <Stack gap="md" maw={560}>
        <TextInput
          label="Name"
          value={name}
          placeholder={placeholder}
          error={messages.name ?? (isOpen || isNeeded ? undefined : messages.key)}
          maxLength={200}
          onChange={(event) => onName(event.currentTarget.value)}
        />
        {isOpen || isNeeded ? (
          <TextInput
            label="Key"
            description="What destinations get it as: small Latin letters, digits and _. It never changes."
            value={ownKey ?? key}
            placeholder="abandoned_cart"
            error={messages.key}
            maxLength={200}
            ff="monospace"
            onChange={(event) => onKey(event.currentTarget.value)}
          />
        ) : (
          <Text fz="xs" c="dimmed">
            {key ? (
              <>
                Destinations get it as <Code>{key}</Code>. That stays, also if you rename it.{" "}
                <Button size="compact-xs" variant="subtle" onClick={() => setOpen(true)}>
                  Choose another key
                </Button>
              </>
            ) : (
              "Destinations get it in snake case, as the name of a trait."
            )}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}
