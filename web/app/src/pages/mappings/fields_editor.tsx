/** The fields of the action: what each is for, where it comes from, and what it is at the moment. */

import { ActionIcon, Alert, Badge, Button, Group, Menu, Paper, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconDots } from "@tabler/icons-react";
import { useState } from "react";
import type { Action, ActionField } from "./api";
import { type FieldProblem, isWhole } from "./logic";
import classes from "./mappings.module.css";
import { type Fields, isEqual, isObject, type Json } from "./value/form";
import { JsonInput } from "./value/json_input";
import { ValueEditor } from "./value/value_editor";

interface Props {
  action: Action | undefined;
  settings: Fields;
  onChange: (settings: Fields) => void;
  problems: readonly FieldProblem[];
  /** What the chosen event becomes. */
  payload: unknown;
  isReadOnly: boolean;
}

export function FieldsEditor(props: Props) {
  const { action, settings, onChange, problems, isReadOnly } = props;
  const [isJson, setJson] = useState(false);
  const isOneFunction = isWhole(settings);
  const showsJson = isJson || isOneFunction;
  return (
    <Paper className={classes.card} component="section" aria-labelledby="fields-title">
      <Group justify="space-between" mb="md" gap="xs">
        <div>
          <Title order={2} id="fields-title">
            Fields
          </Title>
          <Text fz="sm" c="dimmed">
            What is sent, and where each part comes from.
          </Text>
        </div>
        {!isOneFunction && (
          <Button size="compact-sm" variant="default" onClick={() => setJson(!isJson)}>
            {isJson ? "Edit as form" : "Edit as JSON"}
          </Button>
        )}
      </Group>
      {showsJson ? (
        <>
          {isOneFunction && (
            <Text fz="sm" c="dimmed" mb="xs">
              One function makes the whole payload, which only JSON can show.
            </Text>
          )}
          <JsonInput
            value={settings}
            label="Fields as JSON"
            isReadOnly={isReadOnly}
            check={(json) => (isObject(json) ? undefined : "A mapping is an object.")}
            onChange={(json) => onChange(json as Fields)}
          />
        </>
      ) : (
        <FieldList {...props} />
      )}
      {!action && (
        <Alert mt="md" color="amber" variant="outline" icon={<IconAlertTriangle />}>
          The destination has this action no longer. Delete the mapping, and add another.
        </Alert>
      )}
      {problems
        .filter(({ field }) => field === "")
        .map(({ message }) => (
          <Text key={message} fz="sm" c="var(--mantine-color-error)" mt="sm">
            {message}
          </Text>
        ))}
    </Paper>
  );
}

function FieldList({ action, settings, onChange, problems, payload, isReadOnly }: Props) {
  const fields = action?.fields ?? [];
  const unknown = Object.keys(settings).filter(
    (key) => !fields.some(({ fieldKey }) => fieldKey === key),
  );
  const set = (key: string, value: Json | undefined) => {
    const { [key]: _, ...others } = settings;
    if (value === undefined) onChange(others);
    else
      onChange(
        Object.hasOwn(settings, key) ? { ...settings, [key]: value } : { ...others, [key]: value },
      );
  };
  return (
    <div className={classes.fields}>
      {fields.map((field) => (
        <FieldEditor
          key={field.fieldKey}
          field={field}
          value={settings[field.fieldKey]}
          onChange={(value) => set(field.fieldKey, value)}
          problems={problems.filter((each) => each.field === field.fieldKey)}
          made={isObject(payload) ? payload[field.fieldKey] : undefined}
          isReadOnly={isReadOnly}
        />
      ))}
      {unknown.map((key) => (
        <Group key={key} gap="xs">
          <Text fz="sm" c="var(--mantine-color-error)">
            The action has no field “{key}”.
          </Text>
          {!isReadOnly && (
            <Button size="compact-sm" variant="default" onClick={() => set(key, undefined)}>
              Remove it
            </Button>
          )}
        </Group>
      ))}
    </div>
  );
}

interface FieldProps {
  field: ActionField;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
  problems: readonly FieldProblem[];
  made: Json | undefined;
  isReadOnly: boolean;
}

const MADE_CHARACTERS_MAX = 90;

function FieldEditor({ field, value, onChange, problems, made, isReadOnly }: FieldProps) {
  const standard = (field.defaultValue ?? undefined) as Json | undefined;
  const isStandard = isEqual(value ?? null, standard ?? null);
  const missing =
    field.required && value === undefined && problems.length === 0 ? "This field is required." : "";
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset's legend cannot stand beside a badge.
    <div
      role="group"
      aria-label={field.label}
      id={`field-${field.fieldKey}`}
      className={classes.field}
      data-wrong={problems.length > 0 || missing !== "" || undefined}
      tabIndex={-1}
    >
      <Group gap={8} wrap="wrap">
        <Text fz="sm" fw={600}>
          {field.label}
          {field.required && (
            <Text span c="var(--mantine-color-error)" title="Required" aria-hidden>
              {" *"}
            </Text>
          )}
        </Text>
        <Badge size="sm">{typeWords(field)}</Badge>
        {field.required && <span className={classes.unseen}>required</span>}
      </Group>
      {field.description && (
        <Text fz="xs" c="dimmed" mb={6}>
          {field.description}
        </Text>
      )}
      {value === undefined ? (
        <Group gap="xs">
          <Text fz="sm" c="dimmed">
            Not sent
          </Text>
          {!isReadOnly && (
            <>
              <Button
                size="compact-sm"
                variant="default"
                aria-label={`Map ${field.label}`}
                onClick={() => onChange({ "@path": "" })}
              >
                Map
              </Button>
              {standard !== undefined && (
                <Button
                  size="compact-sm"
                  variant="subtle"
                  aria-label={`Use the default of ${field.label}`}
                  onClick={() => onChange(standard)}
                >
                  Use default
                </Button>
              )}
            </>
          )}
        </Group>
      ) : (
        <ValueEditor
          value={value}
          onChange={onChange}
          label={field.label}
          choices={choicesOf(field)}
          isReadOnly={isReadOnly}
          aside={
            !isReadOnly && (
              <Menu position="bottom-end">
                <Menu.Target>
                  <ActionIcon className={classes.more} aria-label={`More for ${field.label}`}>
                    <IconDots size={16} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item
                    disabled={standard === undefined || isStandard}
                    onClick={() => onChange(standard)}
                  >
                    Use the default
                  </Menu.Item>
                  <Menu.Item onClick={() => onChange(undefined)}>Do not send it</Menu.Item>
                </Menu.Dropdown>
              </Menu>
            )
          }
        />
      )}
      {made !== undefined && problems.length === 0 && (
        <Text fz="xs" c="dimmed" mt={4} className={classes.made}>
          <span aria-hidden>→ </span>
          <span className={classes.unseen}>becomes </span>
          {short(made)}
        </Text>
      )}
      {missing && (
        <Text fz="xs" c="var(--mantine-color-error)" mt={4}>
          {missing}
        </Text>
      )}
      {problems.map(({ path, message }) => (
        <Text key={path + message} fz="xs" c="var(--mantine-color-error)" mt={4}>
          {message}
        </Text>
      ))}
    </div>
  );
}

const choicesOf = (field: ActionField) =>
  field.choices?.map(({ value = "", label = value }) => ({ value, label }));

function typeWords({ type, multiple, allowNull }: ActionField): string {
  const word = type.toLowerCase();
  return `${multiple ? `list of ${word}` : word}${allowNull ? " or null" : ""}`;
}

function short(made: Json): string {
  const text = JSON.stringify(made);
  return text.length > MADE_CHARACTERS_MAX ? `${text.slice(0, MADE_CHARACTERS_MAX)}…` : text;
}
