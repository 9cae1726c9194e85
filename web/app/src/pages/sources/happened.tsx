/** What happened to an event, one line after the other. */

import { Text } from "@mantine/core";
import { type Entry, OUTCOMES, outcomeOf, words } from "./entries";
import classes from "./sources.module.css";

interface Props {
  entries: readonly Entry[];
  names: Readonly<Record<string, string>>;
}

const DOTS = {
  good: "var(--app-good)",
  busy: "var(--app-busy)",
  warn: "var(--app-warn)",
  bad: "var(--app-bad)",
  idle: "var(--app-idle)",
};
const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});

export function Happened({ entries, names }: Props) {
  return (
    <ol className={classes.timeline} aria-label="What happened to it">
      {entries.map((entry, index) => {
        const state = entry.step === "received" ? "good" : OUTCOMES[outcomeOf(entry)].state;
        return (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: entries are only added behind.
            key={index}
            style={{ "--dot": DOTS[state] } as React.CSSProperties}
          >
            <Text fz="sm">{words(entry, names)}</Text>
            {entry.what && entry.step !== "filtered" && (
              <Text fz="sm" c="dimmed">
                {entry.what} {entry.do}
              </Text>
            )}
            <Text fz="xs" c="dimmed">
              {clock.format(new Date(entry.at))}
            </Text>
          </li>
        );
      })}
    </ol>
  );
}
