/** Any JSON as text: what it says counts as soon as it can be read. */

import { Textarea } from "@mantine/core";
import { useState } from "react";
import { isEqual, type Json } from "./form";
import { useUnreadable } from "./surroundings";
import classes from "./value.module.css";

interface Props {
  value: Json;
  onChange: (json: Json) => void;
  label: string;
  isReadOnly: boolean;
  /** Returns what is wrong with JSON that can be read. */
  check?: (json: Json) => string | undefined;
  hasLabel?: boolean;
}

interface Parsed {
  json?: Json;
  problem?: string;
}

export function JsonInput({ value, onChange, label, isReadOnly, check, hasLabel }: Props) {
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const parsed = parse(text, check);
  useUnreadable(parsed.problem !== undefined);
  // Changed elsewhere, such as by undoing everything.
  const isOther = parsed.json !== undefined && !isEqual(parsed.json, value);
  if (isOther) setText(JSON.stringify(value, null, 2));
  return (
    <Textarea
      {...(hasLabel ? { label } : { "aria-label": label })}
      classNames={{ input: classes.mono ?? "" }}
      value={text}
      error={parsed.problem}
      readOnly={isReadOnly}
      autosize
      minRows={2}
      maxRows={24}
      spellCheck={false}
      autoCapitalize="off"
      onChange={(event) => {
        const next = event.currentTarget.value;
        setText(next);
        const { json, problem } = parse(next, check);
        if (problem === undefined) onChange(json as Json);
      }}
    />
  );
}

function parse(text: string, check?: (json: Json) => string | undefined): Parsed {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (error) {
    return { problem: `This is not JSON yet: ${(error as Error).message}` };
  }
  const problem = check?.(json);
  return problem === undefined ? { json } : { problem };
}
