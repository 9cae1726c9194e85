import { Radio, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { ROLES } from "./roles";

interface Props {
  value: string;
  onChange: (role: string) => void;
  error?: ReactNode;
}

/** Which role, with what each may do. */
export function RoleField({ value, onChange, error }: Props) {
  return (
    <Radio.Group label="Role" value={value} onChange={onChange} error={error}>
      <Stack gap={8} mt={6}>
        {ROLES.map((role) => (
          <Radio key={role.value} value={role.value} label={role.label} description={role.may} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
