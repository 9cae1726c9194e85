/** What a function needs: the value that it works on, and how. */

import { transform } from "@crossdock/plugin-kit";
import { Button, Checkbox, Group, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { type ReactNode, useMemo } from "react";
import type { Form, Json } from "./form";
import { ListForm } from "./structure_form";
import { usePaths, ValueSurroundings } from "./surroundings";
import classes from "./value.module.css";
import { ValueEditor } from "./value_editor";

interface Props {
  form: Form;
  onChange: (form: Form) => void;
  label: string;
  isReadOnly: boolean;
}

export function FunctionForm({ form, onChange, label, isReadOnly }: Props) {
  const value = (json: Json, set: (json: Json) => void, name: string) => (
    <ValueEditor value={json} onChange={set} label={`${label}, ${name}`} isReadOnly={isReadOnly} />
  );
  const choice = (now: string, data: [string, string][], set: (next: string) => void) => (
    <div>
      <SegmentedControl
        size="xs"
        aria-label={`How ${label}`}
        data={data.map(([value, label]) => ({ value, label }))}
        value={now}
        disabled={isReadOnly}
        onChange={set}
      />
    </div>
  );
  switch (form.kind) {
    case "coalesce":
      return (
        <ListForm
          items={form.choices}
          words="Add another"
          label={label}
          isReadOnly={isReadOnly}
          onChange={(choices) => onChange({ ...form, choices })}
        />
      );
    case "if":
      return <IfForm form={form} onChange={onChange} label={label} isReadOnly={isReadOnly} />;
    case "case":
      return (
        <Stack gap="xs">
          {value(form.value, (json) => onChange({ ...form, value: json }), "value")}
          {choice(
            form.operator,
            [
              ["lower", "lower case"],
              ["upper", "UPPER CASE"],
            ],
            (operator) => onChange({ ...form, operator: operator as "lower" }),
          )}
        </Stack>
      );
    case "replace":
      return <ReplaceForm form={form} onChange={onChange} label={label} isReadOnly={isReadOnly} />;
    case "merge":
      return (
        <Stack gap="xs">
          <ListForm
            items={form.objects}
            words="Add object"
            label={label}
            isReadOnly={isReadOnly}
            onChange={(objects) => onChange({ ...form, objects })}
          />
          {choice(
            form.direction,
            [
              ["right", "The last wins"],
              ["left", "The first wins"],
            ],
            (direction) => onChange({ ...form, direction: direction as "left" }),
          )}
        </Stack>
      );
    case "flatten":
      return (
        <Stack gap="xs">
          {value(form.value, (json) => onChange({ ...form, value: json }), "value")}
          <Group gap="md" align="flex-end">
            <TextInput
              label="Between the keys"
              w={130}
              value={form.separator}
              disabled={isReadOnly}
              error={form.separator === "" ? "Type at least one sign." : undefined}
              onChange={(event) => onChange({ ...form, separator: event.currentTarget.value })}
            />
            <Checkbox
              mb={8}
              label="Leave lists as they are"
              checked={form.omitArrays ?? false}
              disabled={isReadOnly}
              onChange={(event) => onChange({ ...form, omitArrays: event.currentTarget.checked })}
            />
          </Group>
        </Stack>
      );
    case "json":
      return (
        <Stack gap="xs">
          {value(form.value, (json) => onChange({ ...form, value: json }), "value")}
          {choice(
            form.mode,
            [
              ["encode", "Value to JSON"],
              ["decode", "JSON to value"],
            ],
            (mode) => onChange({ ...form, mode: mode as "encode" }),
          )}
        </Stack>
      );
    case "not_null":
      return value(form.value, (json) => onChange({ ...form, value: json }), "value");
    case "each":
      return <EachForm form={form} onChange={onChange} label={label} isReadOnly={isReadOnly} />;
    default:
      return null;
  }
}

type Of<K extends Form["kind"]> = Props & { form: Extract<Form, { kind: K }> };

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <Text fz="xs" fw={600} c="dimmed" mb={4}>
        {title}
      </Text>
      {children}
    </div>
  );
}

function IfForm({ form, onChange, label, isReadOnly }: Of<"if">) {
  const branch = (key: "yes" | "no", title: string) => {
    const json = form[key];
    return (
      <Part title={title}>
        {json === undefined ? (
          <Group gap="xs">
            <Text fz="sm" c="dimmed">
              Nothing is sent
            </Text>
            {!isReadOnly && (
              <Button
                size="compact-sm"
                variant="default"
                aria-label={`Set ${title.toLowerCase()} of ${label}`}
                onClick={() => onChange({ ...form, [key]: { "@path": "" } })}
              >
                Set a value
              </Button>
            )}
          </Group>
        ) : (
          <ValueEditor
            value={json}
            label={`${label}, ${title.toLowerCase()}`}
            isReadOnly={isReadOnly}
            onChange={(next) => onChange({ ...form, [key]: next })}
          />
        )}
      </Part>
    );
  };
  return (
    <Stack gap="sm">
      <Part title="If">
        <ValueEditor
          value={form.value}
          label={`${label}, if`}
          isReadOnly={isReadOnly}
          onChange={(value) => onChange({ ...form, value })}
        />
        <SegmentedControl
          mt={6}
          size="xs"
          aria-label={`What ${label} asks`}
          data={[
            { value: "exists", label: "exists" },
            { value: "blank", label: "is not blank" },
          ]}
          value={form.test}
          disabled={isReadOnly}
          onChange={(test) => onChange({ ...form, test: test as "exists" })}
        />
      </Part>
      {branch("yes", "Then")}
      {branch("no", "Else")}
    </Stack>
  );
}

/** The mapping takes at most so many characters of each. */
const REPLACE_MAX = 10;

function ReplaceForm({ form, onChange, label, isReadOnly }: Of<"replace">) {
  const text = (key: "pattern" | "replacement", title: string) => (
    <TextInput
      label={title}
      maxLength={REPLACE_MAX}
      value={form[key]}
      disabled={isReadOnly}
      error={key === "pattern" && form.pattern === "" ? "Type what to replace." : undefined}
      onChange={(event) => onChange({ ...form, [key]: event.currentTarget.value })}
    />
  );
  const check = (key: "ignorecase" | "global", title: string, start: boolean) => (
    <Checkbox
      label={title}
      checked={form[key] ?? start}
      disabled={isReadOnly}
      onChange={(event) => onChange({ ...form, [key]: event.currentTarget.checked })}
    />
  );
  return (
    <Stack gap="xs">
      <ValueEditor
        value={form.value}
        label={`${label}, value`}
        isReadOnly={isReadOnly}
        onChange={(value) => onChange({ ...form, value })}
      />
      <div className={classes.pair}>
        {text("pattern", "Replace")}
        {text("replacement", "By")}
      </div>
      <Group gap="md">
        {check("global", "Everywhere", true)}
        {check("ignorecase", "Ignore case", false)}
      </Group>
    </Stack>
  );
}

function EachForm({ form, onChange, label, isReadOnly }: Of<"each">) {
  const { event } = usePaths();
  const list: Json = typeof form.list === "string" ? { "@path": form.list } : form.list;
  const item = useMemo(() => itemOf(event, list), [event, list]);
  return (
    <Stack gap="sm">
      <Part title="Of the list">
        <ValueEditor
          value={list}
          label={`${label}, list`}
          isReadOnly={isReadOnly}
          onChange={(next) => {
            const path = (next as { "@path"?: Json } | null)?.["@path"];
            onChange({ ...form, list: typeof path === "string" ? path : next });
          }}
        />
      </Part>
      <Part title="Make of each item">
        <ValueSurroundings event={item}>
          <ValueEditor
            value={form.shape ?? {}}
            label={`${label}, item`}
            isReadOnly={isReadOnly}
            onChange={(shape) => onChange({ ...form, shape })}
          />
        </ValueSurroundings>
      </Part>
    </Stack>
  );
}

/** The first item of the list, of which the paths are suggested. */
function itemOf(event: unknown, list: Json): unknown {
  try {
    const { found } = transform({ found: list }, event) as { found: unknown };
    return Array.isArray(found) ? found[0] : found;
  } catch {
    return undefined;
  }
}
