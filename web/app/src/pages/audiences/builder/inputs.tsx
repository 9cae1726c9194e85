/** The small inputs of the builder: a span of time, a comparison with its value, a name. */

import { ActionIcon, Autocomplete, NumberInput, Select, TagsInput, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import classes from "./builder.module.css";
import {
  COMPARISONS,
  type Compared,
  compared,
  hasList,
  hasNoValue,
  hasSpan,
  isDate,
  type Span,
  typedValue,
  type Unit,
} from "./model";

interface NameProps {
  label: string;
  placeholder: string;
  value: string;
  names: readonly string[];
  onChange: (value: string) => void;
  autoFocus?: boolean;
}

/** A name, with those that were seen to choose from; another can be typed. */
export function NameInput({ label, placeholder, value, names, onChange, autoFocus }: NameProps) {
  return (
    <Autocomplete
      className={classes.name}
      size="sm"
      aria-label={label}
      placeholder={placeholder}
      data={[...new Set(names)]}
      value={value}
      onChange={onChange}
      limit={100}
      comboboxProps={{ withinPortal: false }}
      maxDropdownHeight={280}
      spellCheck={false}
      {...(autoFocus ? { autoFocus: true } : {})}
    />
  );
}

interface NumberProps {
  label: string;
  value: number;
  onChange: (value: number) => void;
  min?: number;
}

/** A number that may be empty while it is typed: then it is none, and the definition waits. */
export function CountInput({ label, value, onChange, min = 0 }: NumberProps) {
  return (
    <NumberInput
      className={classes.short}
      aria-label={label}
      value={Number.isFinite(value) ? value : ""}
      min={min}
      hideControls
      onChange={(next) => onChange(next === "" ? Number.NaN : Number(next))}
    />
  );
}

const UNITS: { value: Unit; label: string }[] = [
  { value: "minutes", label: "minutes" },
  { value: "hours", label: "hours" },
  { value: "days", label: "days" },
];

interface SpanProps {
  label: string;
  value: Span;
  onChange: (value: Span) => void;
}

export function SpanInput({ label, value, onChange }: SpanProps) {
  const units = UNITS.some((one) => one.value === value.unit)
    ? UNITS
    : [{ value: value.unit, label: value.unit }, ...UNITS];
  return (
    <>
      <CountInput
        label={`${label}: how many`}
        value={value.amount}
        min={1}
        onChange={(amount) =>
          onChange({ ...value, amount: Number.isNaN(amount) ? 1 : Math.max(1, Math.round(amount)) })
        }
      />
      <Select
        className={classes.unit}
        aria-label={`${label}: unit`}
        data={units}
        value={value.unit}
        allowDeselect={false}
        onChange={(unit) => onChange({ ...value, unit: unit as Unit })}
      />
    </>
  );
}

interface ComparedProps<Kind extends Compared> {
  one: Kind;
  onChange: (one: Kind) => void;
  /** Of the first event of a sequence; without them nothing can be compared with it. */
  parentNames?: readonly string[];
}

/** How something is compared, and with what. */
export function ComparedInput<Kind extends Compared>({
  one,
  onChange,
  parentNames,
}: ComparedProps<Kind>) {
  return (
    <>
      <Select
        className={classes.comparison}
        aria-label="How it is compared"
        data={COMPARISONS.map(({ group, items }) => ({ group, items: [...items] }))}
        value={one.comparison}
        allowDeselect={false}
        maxDropdownHeight={320}
        onChange={(next) => onChange(compared(one, next ?? "equals"))}
      />
      <ValueInput one={one} onChange={onChange} parentNames={parentNames} />
    </>
  );
}

function ValueInput<Kind extends Compared>({ one, onChange, parentNames }: ComparedProps<Kind>) {
  const [first] = one.values;
  if (hasNoValue(one.comparison)) return null;
  if (hasSpan(one.comparison)) {
    const span = one.span ?? { amount: 30, unit: "days" as const };
    return (
      <SpanInput label="Time" value={span} onChange={(next) => onChange({ ...one, span: next })} />
    );
  }
  if (hasList(one.comparison)) {
    return (
      <TagsInput
        className={classes.value}
        size="sm"
        aria-label="Values"
        placeholder={one.values.length > 0 ? "" : "Type one, press Enter"}
        value={one.values.map(String)}
        onChange={(values) =>
          onChange({
            ...one,
            values: one.comparison === "contains" ? values : values.map(typedValue),
          })
        }
      />
    );
  }
  if (typeof first === "object") {
    return (
      <>
        <span className={classes.word}>the first event's</span>
        <NameInput
          label="Property of the first event"
          placeholder="Property"
          value={first.parent}
          names={parentNames ?? []}
          onChange={(parent) => onChange({ ...one, values: [{ parent }] })}
        />
        <ActionIcon
          aria-label="Compare with a fixed value"
          onClick={() => onChange({ ...one, values: [""] })}
        >
          <IconX size={16} />
        </ActionIcon>
      </>
    );
  }
  const canBeParent =
    parentNames && !isDate(one.comparison) && !/(omits|with)$/.test(one.comparison);
  return (
    <>
      <PlainValue
        key={one.comparison}
        value={first ?? ""}
        isText={/^(omits|starts_with|ends_with)$/.test(one.comparison)}
        isDate={isDate(one.comparison)}
        onChange={(value) => onChange({ ...one, values: [value] })}
      />
      {canBeParent && (
        <ActionIcon
          variant="default"
          w="auto"
          px={8}
          fz="xs"
          aria-label="Compare with a property of the first event"
          onClick={() => onChange({ ...one, values: [{ parent: one.path }] })}
        >
          same as first
        </ActionIcon>
      )}
    </>
  );
}

interface PlainProps {
  value: string | number | boolean;
  isText: boolean;
  isDate: boolean;
  onChange: (value: string | number | boolean) => void;
}

function PlainValue({ value, isText, isDate, onChange }: PlainProps) {
  // "1." is on its way to 1.5: what is typed stays as it is.
  const [typed, setTyped] = useState(String(value));
  const shown = typedValue(typed) === value || typed === value ? typed : String(value);
  return (
    <TextInput
      className={classes.value}
      type={isDate ? "date" : "text"}
      aria-label="Value"
      placeholder="Value"
      value={shown}
      spellCheck={false}
      onChange={(event) => {
        const text = event.currentTarget.value;
        setTyped(text);
        onChange(isText || isDate ? text : typedValue(text));
      }}
    />
  );
}
