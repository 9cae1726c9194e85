/** What a file would change. */

import { Paper, Text } from "@mantine/core";
import type { components } from "../../api/schema";
import { Diff } from "./diff";
import classes from "./workspace.module.css";

export type Change = components["schemas"]["ChangeShape"];

const WORDS: Record<Change["change"], string> = {
  created: "New",
  changed: "Changed",
  deleted: "Removed",
  reordered: "Reordered",
};
const KINDS: Record<Change["kind"], string> = {
  source: "Source",
  connection: "Destination",
  mapping: "Mapping",
  filter: "Filter",
  audience: "Audience",
  computed_trait: "Computed trait",
};

export function Plan({ changes }: { changes: readonly Change[] }) {
  return (
    <Paper component="ul" className={classes.changes} aria-label="What would change">
      {changes.map((change) => {
        const head = (
          <>
            <span className={classes.sign} data-change={change.change}>
              {WORDS[change.change]}
            </span>
            {KINDS[change.kind]} <b>{change.path}</b>
          </>
        );
        return (
          <li key={`${change.kind} ${change.change} ${change.id} ${change.path}`}>
            {change.before || change.after ? (
              <details open={change.change === "changed" && changes.length <= 20}>
                <summary>{head}</summary>
                <Diff before={change.before} after={change.after} />
              </details>
            ) : (
              <Text fz="sm">{head}</Text>
            )}
          </li>
        );
      })}
    </Paper>
  );
}

/** Returns the plan in a sentence. */
export function inWords(changes: readonly Change[]): string {
  const said = (Object.keys(WORDS) as Change["change"][]).flatMap((kind) => {
    const count = changes.filter((one) => one.change === kind).length;
    return count > 0 ? [`${count} ${WORDS[kind].toLowerCase()}`] : [];
  });
  return said.join(", ");
}
