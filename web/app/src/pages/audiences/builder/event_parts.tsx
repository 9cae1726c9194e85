/** What an event has to be to count: its filters, its window, and what follows it. */

import { ActionIcon, Button, SegmentedControl, Select } from "@mantine/core";
import { IconFilter, IconX } from "@tabler/icons-react";
import type { Vocabulary } from "../queries";
import classes from "./builder.module.css";
import { ComparedInput, CountInput, NameInput, SpanInput } from "./inputs";
import {
  type Filter,
  type Filters,
  type FollowedBy,
  newFilter,
  SIGNS,
  type Sign,
  type Span,
  type Window,
} from "./model";

/** Returns the properties that an event was seen with. */
export const propertiesOf = (words: Vocabulary, event: string): string[] =>
  words.events.find((one) => one.name === event)?.properties.map((one) => one.path) ?? [];

export const eventNames = (words: Vocabulary): string[] => words.events.map((one) => one.name);

interface CountProps {
  sign: Sign;
  count: number;
  onChange: (part: { sign: Sign; count: number }) => void;
}

export function CountLine({ sign, count, onChange }: CountProps) {
  return (
    <>
      <Select
        className={classes.sign}
        aria-label="At least, exactly, or at most"
        data={SIGNS}
        value={sign}
        allowDeselect={false}
        onChange={(next) => onChange({ sign: next as Sign, count })}
      />
      <CountInput
        label="How many times"
        value={count}
        onChange={(next) => onChange({ sign, count: next })}
      />
      <span className={classes.word}>{count === 1 ? "time" : "times"}</span>
    </>
  );
}

interface WindowProps {
  value: Window | null;
  onChange: (value: Window | null) => void;
  /** Of a sequence: times count from the first event. */
  isAfterFirst?: boolean;
}

const WINDOWS = [
  { value: "ever", label: "at any time" },
  { value: "last", label: "in the last" },
  { value: "between", label: "between" },
  { value: "session", label: "in a session, ended by" },
];
const AFTER = [
  { value: "ever", label: "at any time after" },
  { value: "last", label: "within" },
  { value: "between", label: "between" },
];

export function WindowLine({ value, onChange, isAfterFirst }: WindowProps) {
  const span: Span =
    value === null
      ? { amount: isAfterFirst ? 7 : 30, unit: "days" }
      : value.kind === "between"
        ? value.end
        : value.span;
  const choose = (kind: string | null) => {
    if (kind === "last") onChange({ kind, span });
    else if (kind === "between") {
      onChange({
        kind,
        start: { amount: Math.max(1, Math.floor(span.amount / 4)), unit: span.unit },
        end: span,
      });
    } else if (kind === "session") onChange({ kind, span: { amount: 30, unit: "minutes" } });
    else onChange(null);
  };
  return (
    <>
      <Select
        w={isAfterFirst ? 160 : value?.kind === "session" ? 190 : 132}
        aria-label="When"
        data={isAfterFirst ? AFTER : WINDOWS}
        value={value?.kind ?? "ever"}
        allowDeselect={false}
        onChange={choose}
      />
      {value?.kind === "last" && (
        <SpanInput
          label="Time"
          value={value.span}
          onChange={(next) => onChange({ ...value, span: next })}
        />
      )}
      {value?.kind === "session" && (
        <>
          <SpanInput
            label="Pause"
            value={value.span}
            onChange={(next) => onChange({ ...value, span: next })}
          />
          <span className={classes.word}>without anything</span>
        </>
      )}
      {value?.kind === "between" && (
        <>
          <SpanInput
            label="From"
            value={value.start}
            onChange={(start) => onChange({ ...value, start })}
          />
          <span className={classes.word}>and</span>
          <SpanInput label="To" value={value.end} onChange={(end) => onChange({ ...value, end })} />
          <span className={classes.word}>{isAfterFirst ? "later" : "ago"}</span>
        </>
      )}
      {isAfterFirst && value?.kind === "last" && <span className={classes.word}>after it</span>}
    </>
  );
}

interface FiltersProps {
  value: Filters;
  onChange: (value: Filters) => void;
  event: string;
  words: Vocabulary;
  /** Properties of the first event of a sequence. */
  parentNames?: readonly string[];
}

const OF = [
  { value: "property", label: "property" },
  { value: "context", label: "context" },
  { value: "trait", label: "trait" },
];

export function FiltersPart({ value, onChange, event, words, parentNames }: FiltersProps) {
  const put = (at: number, next: Filter | null) =>
    onChange({
      ...value,
      filters: value.filters.flatMap((one, index) => (index === at ? (next ? [next] : []) : [one])),
    });
  if (value.filters.length === 0) return null;
  const namesOf = (of: Filter["of"]) =>
    of === "property"
      ? propertiesOf(words, event)
      : (of === "trait" ? words.traits : words.context).map((one) => one.path);
  return (
    <div className={classes.inset}>
      {value.filters.length > 1 && (
        <div className={classes.line}>
          <SegmentedControl
            size="xs"
            aria-label="Which filters have to hold"
            data={[
              { value: "all", label: "all hold" },
              { value: "any", label: "any holds" },
            ]}
            value={value.match}
            onChange={(match) => onChange({ ...value, match: match as Filters["match"] })}
          />
        </div>
      )}
      {value.filters.map((filter, at) => (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in a line everywhere.
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: filters have no name of their own.
          key={at}
          role="group"
          aria-label={`Filter ${at + 1}`}
          className={classes.line}
        >
          <span className={classes.word}>
            {at === 0 ? "where" : value.match === "all" ? "and" : "or"}
          </span>
          <Select
            w={112}
            aria-label="Of what"
            data={OF}
            value={filter.of}
            allowDeselect={false}
            onChange={(of) => put(at, { ...filter, of: of as Filter["of"], path: "" })}
          />
          <NameInput
            label={`Name of the ${filter.of}`}
            placeholder={
              filter.of === "property" ? "Property" : filter.of === "trait" ? "Trait" : "Path"
            }
            value={filter.path}
            names={namesOf(filter.of)}
            onChange={(path) => put(at, { ...filter, path })}
            autoFocus={filter.path === ""}
          />
          {filter.negated && <span className={classes.word}>not:</span>}
          <ComparedInput
            one={filter}
            onChange={(next) => put(at, next)}
            {...(parentNames ? { parentNames } : {})}
          />
          <ActionIcon aria-label={`Remove filter ${at + 1}`} onClick={() => put(at, null)}>
            <IconX size={16} />
          </ActionIcon>
        </div>
      ))}
    </div>
  );
}

export function AddFilter({ value, onChange }: Pick<FiltersProps, "value" | "onChange">) {
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      color="gray"
      leftSection={<IconFilter size={14} aria-hidden />}
      onClick={() => onChange({ ...value, filters: [...value.filters, newFilter()] })}
    >
      Filter by a property
    </Button>
  );
}

interface FollowedProps {
  value: FollowedBy;
  first: string;
  words: Vocabulary;
  onChange: (value: FollowedBy | null) => void;
}

/** The second event of a sequence. */
export function FollowedByPart({ value, first, words, onChange }: FollowedProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: as above.
    <div className={classes.inset} role="group" aria-label="The event that follows">
      <div className={classes.line}>
        <span className={classes.word}>and then did</span>
        <NameInput
          label="Event that follows"
          placeholder="Event"
          value={value.event}
          names={eventNames(words)}
          onChange={(event) => onChange({ ...value, event })}
          autoFocus={value.event === ""}
        />
        <CountLine
          sign={value.sign}
          count={value.count}
          onChange={(part) => onChange({ ...value, ...part })}
        />
        <ActionIcon aria-label="Remove the event that follows" onClick={() => onChange(null)}>
          <IconX size={16} />
        </ActionIcon>
      </div>
      <div className={classes.line}>
        <WindowLine
          value={value.window}
          isAfterFirst
          onChange={(window) => onChange({ ...value, window })}
        />
        <AddFilter value={value.where} onChange={(where) => onChange({ ...value, where })} />
      </div>
      <FiltersPart
        value={value.where}
        event={value.event}
        words={words}
        parentNames={propertiesOf(words, first)}
        onChange={(where) => onChange({ ...value, where })}
      />
    </div>
  );
}
