/** One value of a mapping: its kind, and what that kind needs. Values may hold values. */

import { NumberInput, Select, Switch, Text, Textarea, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { type Form, type Json, type Kind, read, turned, write } from "./form";
import { FunctionForm } from "./function_form";
import { JsonInput } from "./json_input";
import { KIND_GROUPS, KIND_HELP, KIND_WORDS } from "./kinds";
import { PathInput } from "./path_input";
import { ListForm, ObjectForm } from "./structure_form";
import classes from "./value.module.css";

export interface ValueProps {
  value: Json;
  onChange: (json: Json) => void;
  /** What it is, such as "Total": every input within is named by it. */
  label: string;
  isReadOnly: boolean;
  /** Of the field, to choose from. */
  choices?: readonly { value: string; label: string }[] | undefined;
  /** Beside the kind, such as a menu. */
  aside?: ReactNode;
}

/** Below these a value stands under its kind, indented, and not beside it. */
const BESIDE = new Set<Kind>(["path", "template", "text", "number", "boolean", "null", "liquid"]);

export function ValueEditor({ value, onChange, label, isReadOnly, choices, aside }: ValueProps) {
  const [isRaw, setRaw] = useState(false);
  const form: Form = isRaw ? { kind: "raw", json: value } : read(value);
  const change = (next: Form) => onChange(write(next));
  const common = { label, isReadOnly };
  const choose = (kind: Kind) => {
    setRaw(kind === "raw");
    if (kind !== "raw" && kind !== read(value).kind) onChange(turned(value, kind));
  };
  const isBeside = BESIDE.has(form.kind);
  const help = KIND_HELP[form.kind];
  const body = <Body form={form} change={change} common={common} choices={choices} />;

  return (
    <div className={classes.value}>
      <div className={classes.line}>
        <Select
          aria-label={`Kind of ${label}`}
          className={classes.kind}
          data={KIND_GROUPS.map(({ group, kinds }) => ({
            group,
            items: kinds.map((kind) => ({ value: kind, label: KIND_WORDS[kind] })),
          }))}
          value={form.kind}
          disabled={isReadOnly}
          allowDeselect={false}
          maxDropdownHeight={340}
          comboboxProps={{ width: 190, position: "bottom-start" }}
          onChange={(kind) => choose(kind as Kind)}
        />
        {isBeside && <div className={classes.beside}>{body}</div>}
        {aside}
      </div>
      {help && (
        <Text fz="xs" c="dimmed" mt={4}>
          {help}
        </Text>
      )}
      {!isBeside && <div className={classes.under}>{body}</div>}
    </div>
  );
}

interface BodyProps {
  form: Form;
  change: (form: Form) => void;
  common: { label: string; isReadOnly: boolean };
  choices: ValueProps["choices"];
}

function Body({ form, change, common, choices }: BodyProps) {
  const { label, isReadOnly } = common;
  const input = { "aria-label": label, disabled: isReadOnly };
  switch (form.kind) {
    case "path":
      return (
        <PathInput value={form.path} onChange={(path) => change({ ...form, path })} {...common} />
      );
    case "template":
    case "liquid":
      return (
        <Textarea
          {...input}
          classNames={{ input: classes.mono ?? "" }}
          value={form.text}
          autosize
          minRows={1}
          maxRows={8}
          spellCheck={false}
          onChange={(event) => change({ ...form, text: event.currentTarget.value })}
        />
      );
    case "text":
      return choices && choices.length > 0 ? (
        <Select
          {...input}
          data={[...choices]}
          value={form.text}
          onChange={(text) => change({ ...form, text: text ?? "" })}
        />
      ) : (
        <TextInput
          {...input}
          value={form.text}
          onChange={(event) => change({ ...form, text: event.currentTarget.value })}
        />
      );
    case "number":
      return (
        <NumberInput
          {...input}
          value={form.number}
          hideControls
          onChange={(number) => number !== "" && change({ ...form, number: Number(number) })}
        />
      );
    case "boolean":
      return (
        <Switch
          {...input}
          mt={6}
          checked={form.is}
          label={form.is ? "Yes" : "No"}
          onChange={(event) => change({ ...form, is: event.currentTarget.checked })}
        />
      );
    case "null":
      return (
        <Text fz="sm" c="dimmed" mt={6}>
          Sent as null
        </Text>
      );
    case "object":
      return (
        <ObjectForm
          fields={form.fields}
          onChange={(fields) => change({ ...form, fields })}
          {...common}
        />
      );
    case "list":
      return (
        <ListForm items={form.items} onChange={(items) => change({ ...form, items })} {...common} />
      );
    case "raw":
      return (
        <JsonInput
          value={form.json}
          onChange={(json) => change({ ...form, json })}
          label={`${label} as JSON`}
          isReadOnly={isReadOnly}
        />
      );
    default:
      return <FunctionForm form={form} onChange={change} {...common} />;
  }
}
