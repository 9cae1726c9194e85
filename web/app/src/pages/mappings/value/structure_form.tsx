/** Objects and lists of values: add, name, take out. */

import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useState } from "react";
import type { Fields, Json } from "./form";
import classes from "./value.module.css";
import { ValueEditor } from "./value_editor";

interface Common {
  label: string;
  isReadOnly: boolean;
}

interface ObjectProps extends Common {
  fields: Fields;
  onChange: (fields: Fields) => void;
}

export function ObjectForm({ fields, onChange, label, isReadOnly }: ObjectProps) {
  const entries = Object.entries(fields);
  const set = (at: number, entry: [string, Json] | undefined) =>
    onChange(
      Object.fromEntries(
        entries.flatMap((each, index) => (index !== at ? [each] : entry ? [entry] : [])),
      ),
    );
  return (
    <div className={classes.parts}>
      {entries.map(([key, value], at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the key is what is being typed.
        <div key={at} className={classes.entry}>
          <KeyInput
            name={key}
            taken={entries.map(([other]) => other)}
            label={label}
            isReadOnly={isReadOnly}
            onChange={(name) => set(at, [name, value])}
          />
          <ValueEditor
            value={value}
            label={`${label}, ${key || "new key"}`}
            isReadOnly={isReadOnly}
            onChange={(next) => set(at, [key, next])}
            aside={
              !isReadOnly && (
                <ActionIcon
                  aria-label={`Remove ${key || "this key"} of ${label}`}
                  className={classes.remove}
                  onClick={() => set(at, undefined)}
                >
                  <IconX size={16} />
                </ActionIcon>
              )
            }
          />
        </div>
      ))}
      {!isReadOnly && (
        <Add
          words="Add key"
          onClick={() => onChange({ ...fields, [freeKey(fields)]: { "@path": "" } })}
        />
      )}
    </div>
  );
}

function freeKey(fields: Fields): string {
  let number = 1;
  while (Object.hasOwn(fields, `key${number}`)) number += 1;
  return `key${number}`;
}

interface KeyProps extends Common {
  name: string;
  taken: readonly string[];
  onChange: (name: string) => void;
}

/** What is typed is kept while it cannot be a key: another has that name, or it is empty. */
function KeyInput({ name, taken, label, isReadOnly, onChange }: KeyProps) {
  const [draft, setDraft] = useState<string>();
  const text = draft ?? name;
  const problem = problemOf(text, name, taken);
  return (
    <TextInput
      aria-label={`Key of ${label}`}
      classNames={{ input: classes.mono ?? "" }}
      value={text}
      error={problem}
      disabled={isReadOnly}
      spellCheck={false}
      onChange={(event) => {
        const next = event.currentTarget.value;
        const isWrong = problemOf(next, name, taken) !== undefined;
        setDraft(isWrong ? next : undefined);
        if (!isWrong) onChange(next);
      }}
      onBlur={() => setDraft(undefined)}
    />
  );
}

function problemOf(text: string, name: string, taken: readonly string[]): string | undefined {
  if (text === name) return undefined;
  if (text === "") return "A key needs a name.";
  if (text.startsWith("@")) return "A key cannot begin with @.";
  return taken.includes(text) ? "This key already exists." : undefined;
}

interface ListProps extends Common {
  items: Json[];
  onChange: (items: Json[]) => void;
  /** What is added. */
  words?: string;
  added?: Json;
}

const NEW_ITEM: Json = { "@path": "" };

export function ListForm(props: ListProps) {
  const { items, onChange, label, isReadOnly, words = "Add item", added = NEW_ITEM } = props;
  return (
    <div className={classes.parts}>
      {items.map((item, at) => (
        <ValueEditor
          // biome-ignore lint/suspicious/noArrayIndexKey: items have no name of their own.
          key={at}
          value={item}
          label={`${label}, ${at + 1}`}
          isReadOnly={isReadOnly}
          onChange={(next) => onChange(items.map((each, index) => (index === at ? next : each)))}
          aside={
            !isReadOnly && (
              <ActionIcon
                aria-label={`Remove ${at + 1} of ${label}`}
                className={classes.remove}
                onClick={() => onChange(items.filter((_, index) => index !== at))}
              >
                <IconX size={16} />
              </ActionIcon>
            )
          }
        />
      ))}
      {!isReadOnly && <Add words={words} onClick={() => onChange([...items, added])} />}
    </div>
  );
}

function Add({ words, onClick }: { words: string; onClick: () => void }) {
  return (
    <div>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconPlus size={14} />}
        onClick={onClick}
      >
        {words}
      </Button>
    </div>
  );
}
