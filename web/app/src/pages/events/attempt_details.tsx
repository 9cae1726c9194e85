/** What was asked of a destination, and what it answered. */

import { Text } from "@mantine/core";
import { CodeBlock } from "../../parts/code_block";
import classes from "./events.module.css";
import type { Entry } from "./life";

const MS = 1000;

/** Returns how an attempt went, in a line: "Attempt 2, 503 after 40 ms". */
export function attemptInWords({ attempt, status, durationSeconds }: Entry): string {
  const parts = [`Attempt ${attempt}`];
  if (status) parts.push(`answered ${status}`);
  if (durationSeconds !== undefined) {
    parts.push(
      durationSeconds < 1
        ? `${Math.max(1, Math.round(durationSeconds * MS))} ms`
        : `${durationSeconds.toFixed(1)} s`,
    );
  }
  return parts.join(", ");
}

/** @param isOpen Shown at once; otherwise folded. */
export function AttemptDetails({ entry, isOpen }: { entry: Entry; isOpen?: boolean }) {
  const body = (
    <div className={classes.attempt}>
      {entry.request && (
        <div>
          <span className={classes.label}>Request</span>
          <CodeBlock label="request" wraps maxHeight={260}>
            {pretty(entry.request)}
          </CodeBlock>
        </div>
      )}
      {entry.answer && (
        <div>
          <span className={classes.label}>Answer</span>
          <CodeBlock label="answer" wraps maxHeight={260}>
            {pretty(entry.answer)}
          </CodeBlock>
        </div>
      )}
      {!entry.request && !entry.answer && (
        <Text fz="sm" c="dimmed">
          No answer came, so there is none to show.
        </Text>
      )}
    </div>
  );
  if (isOpen) {
    return (
      <div className={classes.attempt}>
        <Text fz="sm" fw={600}>
          {attemptInWords(entry)}
        </Text>
        {entry.what && <Text fz="sm">{entry.what}</Text>}
        {body}
      </div>
    );
  }
  return (
    <details className={classes.details}>
      <summary>Request and answer</summary>
      <div style={{ marginTop: 8 }}>{body}</div>
    </details>
  );
}

/** Returns the text with the JSON in it laid out, if there is some after the first line. */
function pretty(text: string): string {
  const start = text.search(/[[{]/);
  if (start < 0) return text;
  try {
    return `${text.slice(0, start)}${JSON.stringify(JSON.parse(text.slice(start)), null, 2)}`;
  } catch {
    return text;
  }
}
