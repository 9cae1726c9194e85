/** One condition: what of the event, how it is compared, and with what. */

import { ActionIcon, Autocomplete, NumberInput, Select, TagsInput, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import {
  CALL_TYPES,
  operatorsOf,
  SUBJECTS,
  type Subject,
  subjectOf,
  withOperator,
  withSubject,
} from "./choices";
import {
  type Condition,
  hasList,
  hasNoValue,
  missingOf,
  type Scalar,
  shownPath,
  typedPath,
} from "./model";
import classes from "./trigger.module.css";
import { OPERATOR_WORDS } from "./words";

interface Props {
  condition: Condition;
  /** Which one it is, for who cannot see where it stands. */
  label: string;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
  /** Paths that recent events have, as FQL writes them. */
  paths: readonly string[];
  isReadOnly: boolean;
}

export function ConditionRow({ condition, label, onChange, onRemove, paths, isReadOnly }: Props) {
  // Between `other` and a path that is typed, the path alone does not tell what is chosen.
  const [subject, setSubject] = useState<Subject>(() => subjectOf(condition.path));
  const [isTouched, setTouched] = useState(false);
  const shown = subject === "other" ? "other" : subjectOf(condition.path);
  const prefix = /^(properties|traits|context)$/.test(shown) ? [shown] : [];
  const hasPath = prefix.length > 0 || shown === "other";
  const missing = isTouched ? missingOf(condition) : undefined;
  const aboutPath = missing?.startsWith("Say which");

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a grid everywhere.
    <div
      role="group"
      aria-label={label}
      className={classes.condition}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setTouched(true);
      }}
    >
      <Select
        aria-label="Part of the event"
        className={classes.subject}
        data={SUBJECTS}
        value={shown}
        allowDeselect={false}
        disabled={isReadOnly}
        onChange={(next) => {
          setSubject(next as Subject);
          onChange(withSubject(condition, next as Subject));
        }}
      />
      {hasPath && (
        <Autocomplete
          aria-label="Its name"
          className={classes.path}
          placeholder={shown === "other" ? "anonymousId" : "Name"}
          data={suggested(paths, prefix)}
          value={shownPath(condition.path.slice(prefix.length))}
          disabled={isReadOnly}
          error={aboutPath ? missing : undefined}
          spellCheck={false}
          limit={50}
          onChange={(text) => {
            const keys = typedPath(text);
            onChange({
              ...condition,
              path: [...prefix, ...(keys.length || !prefix.length ? keys : [""])],
            });
          }}
        />
      )}
      <Select
        aria-label="Operator"
        className={classes.operator}
        data={operatorsOf(shown, condition.operator).map((value) => ({
          value,
          label: OPERATOR_WORDS[value],
        }))}
        value={condition.operator}
        allowDeselect={false}
        disabled={isReadOnly}
        onChange={(next) => onChange(withOperator(condition, next as Condition["operator"]))}
      />
      {!hasNoValue(condition.operator) && (
        <div className={classes.value}>
          <ValueInput
            condition={condition}
            isType={shown === "type"}
            onChange={(value) => onChange({ ...condition, value })}
            error={aboutPath ? undefined : missing}
            isReadOnly={isReadOnly}
          />
        </div>
      )}
      {!isReadOnly && (
        <ActionIcon className={classes.remove} aria-label={`Remove ${label}`} onClick={onRemove}>
          <IconX size={16} />
        </ActionIcon>
      )}
    </div>
  );
}

const suggested = (paths: readonly string[], prefix: readonly string[]): string[] => {
  const start = prefix.length > 0 ? `${prefix[0]}.` : "";
  return paths.filter((path) => path.startsWith(start)).map((path) => path.slice(start.length));
};

interface ValueProps {
  condition: Condition;
  isType: boolean;
  onChange: (value: Condition["value"]) => void;
  error: string | undefined;
  isReadOnly: boolean;
}

const TYPES = [
  { value: "string", label: "Text" },
  { value: "number", label: "Number" },
  { value: "boolean", label: "Yes or no" },
];

function ValueInput({ condition, isType, onChange, error, isReadOnly }: ValueProps) {
  const { operator, value } = condition;
  const common = { error, disabled: isReadOnly, "aria-label": "Value" };
  if (hasList(operator)) {
    const list = (value ?? []) as readonly Scalar[];
    const byText = new Map(list.map((each) => [String(each), each]));
    return (
      <TagsInput
        {...common}
        data={isType ? CALL_TYPES.map((each) => each.value) : []}
        placeholder={list.length > 0 ? "" : "Type one, press Enter"}
        size="sm"
        value={list.map(String)}
        onChange={(next) => onChange(next.map((text) => byText.get(text) ?? text))}
      />
    );
  }
  if (isType && CALL_TYPES.some((each) => each.value === value)) {
    return (
      <Select
        {...common}
        data={CALL_TYPES}
        value={String(value)}
        allowDeselect={false}
        onChange={onChange}
      />
    );
  }
  const isOrder = /^(less|at_most|more|at_least)$/.test(operator);
  const isEquality = /^is/.test(operator);
  const input =
    typeof value === "boolean" ? (
      <Select
        {...common}
        data={["true", "false"]}
        value={String(value)}
        allowDeselect={false}
        onChange={(next) => onChange(next === "true")}
      />
    ) : isOrder || typeof value === "number" ? (
      <NumberInput
        {...common}
        value={value as number | string}
        hideControls
        onChange={(next) => onChange(next === "" ? null : Number(next))}
      />
    ) : (
      <TextInput
        {...common}
        value={String(value ?? "")}
        placeholder="Value"
        spellCheck={false}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  if (!isEquality || isType || isPlain(condition)) return input;
  return (
    <div className={classes.typed}>
      <Select
        aria-label="Type of the value"
        data={TYPES}
        value={typeof value === "number" || typeof value === "boolean" ? typeof value : "string"}
        allowDeselect={false}
        disabled={isReadOnly}
        onChange={(next) =>
          onChange(
            next === "number"
              ? Number(value) || 0
              : next === "boolean"
                ? value !== "false"
                : String(value ?? ""),
          )
        }
      />
      {input}
    </div>
  );
}

/** Names and ids are texts, whatever they look like. */
const isPlain = ({ path, value }: Condition): boolean =>
  path.length === 1 && /^(event|name|userId)$/.test(path[0] as string) && typeof value === "string";
