/** Two people edited the same mapping: who, when, in what they differ, and the choice. */

import { Alert, Button, Code, Group, Text } from "@mantine/core";
import { IconUsers } from "@tabler/icons-react";
import { useState } from "react";
import type { Conflict } from "../../api/errors";
import { TimeAgo } from "../../parts/time_ago";
import type { Draft, Mapping } from "./api";
import { differences, draftOf } from "./logic";
import classes from "./mappings.module.css";

interface Props {
  conflict: Conflict;
  mine: Draft;
  onTheirs: () => void;
  onMine: () => void;
}

export function ConflictAlert({ conflict, mine, onTheirs, onMine }: Props) {
  const [isOpen, setOpen] = useState(false);
  const theirs = draftOf(conflict.current as unknown as Mapping);
  const found = differences(theirs, mine);
  return (
    <Alert
      className={classes.alert ?? ""}
      role="alert"
      color="amber"
      variant="outline"
      bg="var(--mantine-color-body)"
      icon={<IconUsers />}
      title={`${conflict.changedBy} changed this mapping meanwhile`}
    >
      <Text fz="sm">
        That was <TimeAgo at={conflict.changedAt} />. Nothing of yours was saved, and all of it is
        still here.
      </Text>
      <Group mt="sm" gap="xs">
        <Button variant="default" onClick={() => setOpen(!isOpen)} aria-expanded={isOpen}>
          {isOpen ? "Hide the difference" : "See the difference"}
        </Button>
        <Button variant="default" onClick={onTheirs}>
          Take theirs
        </Button>
        <Button variant="default" onClick={onMine}>
          Keep mine
        </Button>
      </Group>
      {isOpen &&
        (found.length === 0 ? (
          <Text fz="sm" mt="sm">
            There is none: both say the same.
          </Text>
        ) : (
          <dl className={classes.differences}>
            {found.map(({ what, theirs, mine }) => (
              <div key={what}>
                <dt>{what}</dt>
                <dd>
                  <span>Theirs</span>
                  <Code block>{shown(theirs)}</Code>
                </dd>
                <dd>
                  <span>Yours</span>
                  <Code block>{shown(mine)}</Code>
                </dd>
              </div>
            ))}
          </dl>
        ))}
    </Alert>
  );
}

const shown = (value: unknown): string =>
  value === undefined
    ? "nothing"
    : typeof value === "string"
      ? value
      : JSON.stringify(value, null, 2);
