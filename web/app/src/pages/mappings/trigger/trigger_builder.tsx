/**
 * Which events are meant: conditions to click together, and the same as FQL to type.
 *
 *     <TriggerBuilder value={fql} onChange={setFql} />
 *
 * Each is made from the other. What only FQL can say stays there as it was typed.
 */

import { Alert, Button, Group as Row, SegmentedControl, Text, Textarea } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { pathsOf } from "../value/paths";
import { changedAt, newCondition } from "./choices";
import { ConditionRow } from "./condition_row";
import { type Group, read, shownPath, typedPath, write } from "./model";
import classes from "./trigger.module.css";

interface Props {
  /** FQL. */
  value: string;
  onChange: (fql: string) => void;
  /** From the server, about the condition. */
  error?: string | undefined;
  isReadOnly?: boolean;
  /** A recent event, whose paths are suggested. */
  event?: unknown;
}

const NOTHING: Group = { kind: "group", joint: "and", items: [] };

export function TriggerBuilder({ value, onChange, error, isReadOnly = false, event }: Props) {
  // What is half typed is in the group and not yet in the text.
  const [built, setBuilt] = useState<{ text: string; group: Group }>();
  const found = useMemo(() => read(value), [value]);
  const paths = useMemo(
    () =>
      pathsOf(event ?? {}).map(({ path }) =>
        shownPath(typedPath(path.replace(/\[(\d+)\]/g, ".$1"))),
      ),
    [event],
  );
  const isEmpty = value.trim() === "";
  const group =
    built?.text === value
      ? built.group
      : found.state === "shown"
        ? found.group
        : isEmpty
          ? NOTHING
          : null;

  const change = (next: Group) => {
    const text = write(next);
    setBuilt({ text, group: next });
    onChange(text);
  };

  return (
    <div className={classes.builder}>
      {group ? (
        <GroupView
          group={group}
          onChange={change}
          paths={paths}
          isReadOnly={isReadOnly}
          depth={0}
        />
      ) : (
        found.state === "text" && (
          <Alert color="petrol" variant="light" p="sm">
            {found.reason} Only FQL can say that: change it below.
          </Alert>
        )
      )}
      <FqlText value={value} onChange={onChange} error={error} isReadOnly={isReadOnly} />
    </div>
  );
}

interface GroupProps {
  group: Group;
  onChange: (group: Group) => void;
  onRemove?: () => void;
  paths: readonly string[];
  isReadOnly: boolean;
  depth: number;
}

function GroupView({ group, onChange, onRemove, paths, isReadOnly, depth }: GroupProps) {
  const add = (isGroup: boolean) => {
    const condition = newCondition(group);
    const item = isGroup
      ? ({
          kind: "group",
          joint: group.joint === "and" ? "or" : "and",
          items: [{ ...condition, path: ["event"], operator: "is", value: "" }],
        } as Group)
      : condition;
    onChange({ ...group, items: [...group.items, item] });
  };
  return (
    <div className={classes.group} data-nested={depth > 0 || undefined}>
      {group.items.length > 1 && (
        <Row gap="xs">
          <SegmentedControl
            size="xs"
            aria-label="How conditions go together"
            data={[
              { value: "and", label: "All of these" },
              { value: "or", label: "Any of these" },
            ]}
            value={group.joint}
            disabled={isReadOnly}
            onChange={(joint) => onChange({ ...group, joint: joint as Group["joint"] })}
          />
        </Row>
      )}
      {group.items.length === 0 && (
        <Text fz="sm" c="dimmed">
          No conditions yet. Choose which events match.
        </Text>
      )}
      {group.items.map((item, at) =>
        item.kind === "condition" ? (
          <ConditionRow
            // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no name of their own.
            key={at}
            condition={item}
            label={`Condition ${at + 1}`}
            paths={paths}
            isReadOnly={isReadOnly}
            onChange={(next) => onChange(changedAt(group, at, next))}
            onRemove={() => onChange(changedAt(group, at, undefined))}
          />
        ) : (
          <GroupView
            // biome-ignore lint/suspicious/noArrayIndexKey: nor have groups.
            key={at}
            group={item}
            paths={paths}
            isReadOnly={isReadOnly}
            depth={depth + 1}
            onChange={(next) =>
              onChange(changedAt(group, at, next.items.length > 0 ? next : undefined))
            }
            onRemove={() => onChange(changedAt(group, at, undefined))}
          />
        ),
      )}
      {!isReadOnly && (
        <Row gap="xs">
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlus size={14} />}
            onClick={() => add(false)}
          >
            Add condition
          </Button>
          {group.items.length > 0 && depth < 3 && (
            <Button size="compact-sm" variant="subtle" color="gray" onClick={() => add(true)}>
              Add group
            </Button>
          )}
          {onRemove && (
            <Button size="compact-sm" variant="subtle" color="gray" onClick={onRemove}>
              Remove group
            </Button>
          )}
        </Row>
      )}
    </div>
  );
}

interface TextProps {
  value: string;
  onChange: (fql: string) => void;
  error: string | undefined;
  isReadOnly: boolean;
}

function FqlText({ value, onChange, error, isReadOnly }: TextProps) {
  const found = useMemo(() => read(value), [value]);
  const isWrong = found.state === "wrong";
  const message = isWrong
    ? value.trim() === ""
      ? "Add at least one condition."
      : found.message
    : error;
  return (
    <div>
      <Textarea
        label="FQL"
        description="The same condition as text. You can edit either one."
        classNames={{ input: classes.fql ?? "" }}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={message}
        readOnly={isReadOnly}
        autosize
        minRows={1}
        maxRows={10}
        spellCheck={false}
        autoCapitalize="off"
      />
      {isWrong && value.trim() !== "" && (
        <pre className={classes.pointer} aria-hidden>
          {line(value, found.position)}
        </pre>
      )}
    </div>
  );
}

const AROUND = 24;

/** The text around the place that is wrong, and a mark under it. */
function line(text: string, position: number): string {
  const start = Math.max(0, position - AROUND);
  const shown = text.slice(start, position + AROUND).replace(/\s/g, " ");
  return `${shown}\n${" ".repeat(position - start)}^`;
}
