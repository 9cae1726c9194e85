/** One line of an event's life. */

import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";
import { useMay } from "../../api/roles";
import { CodeBlock } from "../../parts/code_block";
import { TimeAgo } from "../../parts/time_ago";
import { reasonInWords } from "../delivery/reasons";
import { AttemptDetails, attemptInWords } from "./attempt_details";
import classes from "./events.module.css";
import { type Entry, isAttempt, stepInWords } from "./life";
import { leftOut, originsOf, parsed } from "./origins";

interface Props {
  entry: Entry;
  sourceName: string;
  event: Record<string, unknown> | null;
  isLast?: boolean;
}

export function Moment({ entry, sourceName, event, isLast }: Props) {
  const { state, word } = stepInWords(entry.step);
  const mayEdit = useMay("editor");
  const wasTried = isAttempt(entry);
  return (
    <li className={classes.moment} data-state={state}>
      <div className={classes.head}>
        <Text fw={600}>{titleOf(entry, word, sourceName)}</Text>
        <span className={classes.when}>
          <TimeAgo at={entry.at} />
          {wasTried && ` · ${attemptInWords(entry)}`}
          {entry.replayId && " · by a replay"}
        </span>
      </div>
      {entry.reason && !entry.what && <Text>{reasonInWords(entry.reason)}.</Text>}
      {entry.what && <Text>{entry.what}</Text>}
      {entry.do && <Text c="dimmed">{entry.do}</Text>}
      {isLast && entry.nextAttemptAt && (
        <Text>
          The next attempt is <TimeAgo at={entry.nextAttemptAt} />.
        </Text>
      )}
      {entry.payload !== undefined && <Payload text={entry.payload} event={event} />}
      {wasTried && <AttemptDetails entry={entry} />}
      {mayEdit && event && entry.step === "mapped" && entry.subscriptionId && (
        <Anchor
          component={Link}
          to={`/destinations/${entry.destinationId}/mappings/${entry.subscriptionId}?event=${encodeURIComponent(entry.messageId)}`}
          fz={13}
        >
          Open the mapping with this event
        </Anchor>
      )}
    </li>
  );
}

function titleOf(entry: Entry, word: string, sourceName: string): string {
  switch (entry.step) {
    case "received":
      return sourceName ? `Received from ${sourceName}` : "Received";
    case "mapped":
      return "Mapped to a payload";
    case "filtered":
      return "Not sent on";
    case "waiting":
      return "Failed, will be retried";
    case "sent_again":
      return "Sent again by hand";
    case "needs_attention":
      return "Failed, and the destination is paused";
    default:
      return word;
  }
}

function Payload({ text, event }: { text: string; event: Record<string, unknown> | null }) {
  const payload = parsed(text);
  const origins = payload !== undefined && event ? originsOf(payload, event) : [];
  const missing = payload !== undefined && event ? leftOut(payload, event) : [];
  return (
    <details className={classes.details}>
      <summary>The payload, and where its values come from</summary>
      {origins.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by key.
        <div className={classes.origins} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Payload</th>
                <th scope="col">Value</th>
                <th scope="col">From the event</th>
              </tr>
            </thead>
            <tbody>
              {origins.map(({ path, value, from }) => (
                <tr key={path}>
                  <td>
                    <code>{path}</code>
                  </td>
                  <td>
                    <code>{JSON.stringify(value)}</code>
                  </td>
                  <td>
                    {from[0] === undefined ? (
                      <span className={classes.made}>set by the mapping</span>
                    ) : (
                      <code>{from[0]}</code>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {missing.length > 0 && (
            <Text fz="xs" c="dimmed" mt={8}>
              Not in the payload:{" "}
              {missing
                .slice(0, 30)
                .map(({ path }) => path)
                .join(", ")}
              {missing.length > 30 && ` and ${missing.length - 30} more`}
            </Text>
          )}
        </div>
      ) : (
        <div style={{ marginTop: 8 }}>
          <CodeBlock language="json" label="payload" wraps maxHeight={320}>
            {payload === undefined ? `${text}…` : JSON.stringify(payload, null, 2)}
          </CodeBlock>
        </div>
      )}
    </details>
  );
}
