/** Two edited the same: who was first, in what they differ, and the choice between both. */

import { Alert, Button, Code, Group, Text } from "@mantine/core";
import { IconUsers } from "@tabler/icons-react";
import type { Conflict } from "../api/errors";
import type { Difference } from "./differences";
import classes from "./parts.module.css";
import { TimeAgo } from "./time_ago";
import { whoInWords } from "./who";

interface Props {
  /** Null if it was deleted meanwhile, or nobody remembers who changed it. */
  conflict: Conflict | null;
  /** What it is: "this destination". */
  what: string;
  differences: readonly Difference[];
  onTheirs: () => void;
  onMine: () => void;
  isBusy?: boolean;
}

export function ConflictAlert({ conflict, what, differences, onTheirs, onMine, isBusy }: Props) {
  return (
    <Alert
      className={classes.conflict ?? ""}
      role="alert"
      color="amber"
      variant="outline"
      icon={<IconUsers />}
      title={`${conflict ? whoInWords(conflict.changedBy) : "Somebody else"} changed ${what} meanwhile`}
      bg="var(--mantine-color-body)"
    >
      <Text fz="sm">
        {conflict && (
          <>
            That was <TimeAgo at={conflict.changedAt} />.{" "}
          </>
        )}
        Nothing was saved. Everything you typed is still here.
      </Text>
      {differences.length > 0 && (
        <dl className={classes.differences}>
          {differences.map(({ label, theirs, mine }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>
                <span>Theirs</span>
                <Code block>{theirs}</Code>
              </dd>
              <dd>
                <span>Yours</span>
                <Code block>{mine}</Code>
              </dd>
            </div>
          ))}
        </dl>
      )}
      <Group mt="sm" gap="xs">
        <Button variant="default" onClick={onTheirs}>
          Take theirs
        </Button>
        <Button variant="default" onClick={onMine} loading={isBusy ?? false}>
          Save mine over it
        </Button>
      </Group>
    </Alert>
  );
}
