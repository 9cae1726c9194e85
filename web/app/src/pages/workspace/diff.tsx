import { Badge } from "@mantine/core";
import { linesOf } from "./changes";
import classes from "./workspace.module.css";

interface Props {
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

const HIDDEN = "•••";

/** Before and after, key by key. */
export function Diff({ before, after }: Props) {
  const lines = linesOf(before, after);
  if (lines.length === 0) return null;
  return (
    <dl className={classes.diff}>
      {lines.map((line) => (
        <div key={line.key}>
          <dt>
            <code>{line.key}</code>
            {(line.before ?? line.after)?.startsWith(HIDDEN) && (
              <Badge size="xs" ml={6}>
                secret
              </Badge>
            )}
          </dt>
          <dd>
            {line.before !== undefined && (
              <del>
                <span className={classes.hidden}>before: </span>
                {line.before || "(empty)"}
              </del>
            )}
            {line.after !== undefined && (
              <ins>
                <span className={classes.hidden}>after: </span>
                {line.after || "(empty)"}
              </ins>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
