/** One's own password. */

import { Button, PasswordInput, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconKey } from "@tabler/icons-react";
import { api, data } from "../../api/client";
import { session } from "../../api/session";
import { useSignal } from "../../api/signal";
import { EmptyState } from "../../parts/empty_state";
import { ErrorState } from "../../parts/error_state";
import { PageHeader } from "../../parts/page_header";
import { useSave } from "../../parts/save";
import { tell } from "../../parts/tell";

const LENGTH_MIN = 12;

export function PasswordPage() {
  const person = useSignal(session)?.person;
  return (
    <>
      <PageHeader
        title="Your password"
        description={person ? `For signing in as ${person.email}.` : undefined}
      />
      {person ? (
        <PasswordForm email={person.email} />
      ) : (
        <EmptyState
          icon={IconKey}
          title="You are signed in with the admin token"
          action={{ label: "Make yourself an account", to: "/workspace/people" }}
        >
          It has no password. An account of your own has one, and the audit log knows your name.
        </EmptyState>
      )}
    </>
  );
}

function PasswordForm({ email }: { email: string }) {
  const form = useForm({
    initialValues: { currentPassword: "", password: "", again: "" },
    validate: {
      currentPassword: (value) => (value ? null : "Enter your current password."),
      password: (value) =>
        value.length < LENGTH_MIN ? `At least ${LENGTH_MIN} characters.` : null,
      again: (value, values) => (value === values.password ? null : "The passwords do not match."),
    },
  });
  const save = useSave(form);
  const submit = async ({ currentPassword, password }: typeof form.values) => {
    const isSaved = await save.run(() =>
      data(api.POST("/password", { body: { currentPassword, password } })),
    );
    if (!isSaved) return;
    form.reset();
    tell("Your password is changed. Everywhere else you are signed out.");
  };
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))}>
      <Stack maw={420}>
        {save.error !== null && <ErrorState error={save.error} again="Change password" />}
        <input type="text" hidden readOnly autoComplete="username" value={email} />
        <PasswordInput
          label="Current password"
          autoComplete="current-password"
          {...form.getInputProps("currentPassword")}
        />
        <PasswordInput
          label="New password"
          description={`At least ${LENGTH_MIN} characters; a few words are easy to remember.`}
          autoComplete="new-password"
          {...form.getInputProps("password")}
        />
        <PasswordInput
          label="The same again"
          autoComplete="new-password"
          {...form.getInputProps("again")}
        />
        <Button type="submit" loading={save.isBusy} w="fit-content">
          Change password
        </Button>
        <Text fz="xs" c="dimmed">
          Forgotten? An owner can make you a link to set a new one.
        </Text>
      </Stack>
    </form>
  );
}
