/** One setting of a destination as a field, made from its definition. */

import {
  Button,
  Group,
  NumberInput,
  PasswordInput,
  Select,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { useState } from "react";
import type { components } from "../api/schema";

export type Option = components["schemas"]["Option"];

interface Props {
  option: Option;
  /** What is set; undefined means the default. For a secret only what was typed anew. */
  value: unknown;
  onChange: (value: unknown) => void;
  /** Of a secret: whether the server has one. It is never shown again. */
  isSecretSet?: boolean;
  /** From the server, about this setting. */
  error?: string | undefined;
  isReadOnly?: boolean;
}

export function SettingField(props: Props) {
  const { option, value, onChange, error, isReadOnly } = props;
  const common = {
    label: option.label,
    description: option.description,
    error,
    required: option.required,
    disabled: isReadOnly,
  };
  if (option.isSecret) return <SecretField {...props} />;
  if (option.choices.length > 0) {
    return (
      <Select
        {...common}
        data={option.choices.map(({ value = "", label = value }) => ({ value, label }))}
        value={String(value ?? option.defaultValue ?? "")}
        onChange={onChange}
        allowDeselect={!option.required}
      />
    );
  }
  switch (option.type) {
    case "boolean":
      return (
        <Switch
          {...common}
          required={false}
          checked={Boolean(value ?? option.defaultValue)}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "number":
      return (
        <NumberInput
          {...common}
          value={(value ?? option.defaultValue ?? "") as number | string}
          onChange={(next) => onChange(next === "" ? undefined : next)}
        />
      );
    default:
      return (
        <TextInput
          {...common}
          value={String(value ?? option.defaultValue ?? "")}
          onChange={(event) => onChange(event.currentTarget.value)}
          spellCheck={false}
        />
      );
  }
}

/** A secret goes in, and never comes out: one sees that it is set, and can set another. */
function SecretField({ option, value, onChange, isSecretSet, error, isReadOnly }: Props) {
  const [isReplacing, setReplacing] = useState(false);
  if (isSecretSet && !isReplacing && value === undefined) {
    return (
      <div>
        <Text fz="sm" fw={500}>
          {option.label}
        </Text>
        <Text fz="xs" c="dimmed" mb={6}>
          {option.description}
        </Text>
        <Group gap="sm">
          <Text fz="sm">A value is set. It is not shown again.</Text>
          <Button
            size="compact-sm"
            variant="default"
            disabled={isReadOnly}
            onClick={() => setReplacing(true)}
          >
            Replace
          </Button>
        </Group>
        {error && (
          <Text fz="xs" c="var(--mantine-color-error)" mt={4}>
            {error}
          </Text>
        )}
      </div>
    );
  }
  return (
    <PasswordInput
      label={option.label}
      description={option.description}
      error={error}
      required={option.required}
      disabled={isReadOnly}
      autoComplete="off"
      data-autofocus={isReplacing || undefined}
      value={String(value ?? "")}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    />
  );
}
