/** API tokens: what programs show instead of a password. */

import { Button, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconKey } from "@tabler/icons-react";
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, data } from "../../api/client";
import { useMay } from "../../api/roles";
import type { components } from "../../api/schema";
import type { Role } from "../../api/session";
import { ConfirmButton } from "../../parts/confirm_button";
import { type Column, DataTable } from "../../parts/data_table";
import { EmptyState } from "../../parts/empty_state";
import { ErrorState } from "../../parts/error_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { useSave } from "../../parts/save";
import { StatusBadge } from "../../parts/status_badge";
import { TimeAgo } from "../../parts/time_ago";
import { NotAllowed } from "./not_allowed";
import { RoleField } from "./role_field";
import { roleLabel } from "./roles";
import { ShownOnce } from "./shown_once";

type Token = components["schemas"]["TokenShape"];

const DAY_MS = 86_400_000;
const LIVES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "A year" },
  { value: "", label: "Until it is revoked" },
];

const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: async () =>
    (await data(api.GET("/tokens", { params: { query: { "pagination[count]": 200 } } }))).tokens,
});

export function TokensPage() {
  return useMay("owner") ? <Tokens /> : <NotAllowed title="API tokens" needs="owner" />;
}

function Tokens() {
  const tokens = useQuery(tokensQuery);
  const client = useQueryClient();
  const [isOpen, { open, close }] = useDisclosure();
  const [made, setMade] = useState<{ name: string; value: string } | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: tokensQuery.queryKey });
  const revoke = async (token: Token) => {
    await data(api.DELETE("/tokens/{token_id}", { params: { path: { token_id: token.id } } }));
    await refresh();
  };
  return (
    <>
      <PageHeader
        title="API tokens"
        description="For programs that use the management API. Give each its own token, with the least access it needs."
        actions={<Button onClick={open}>New token</Button>}
      />
      <Stack gap="lg">
        {made && (
          <ShownOnce key={made.value} label="Token" value={made.value}>
            {`The token “${made.name}”. Send it as “Authorization: Bearer …”.`}
          </ShownOnce>
        )}
        <QueryView query={tokens}>
          {(all) => (
            <DataTable
              label="API tokens"
              columns={columnsFor(revoke)}
              rows={all}
              rowKey={(token) => token.id}
              empty={
                <EmptyState
                  icon={IconKey}
                  title="No tokens yet"
                  action={{ label: "New token", onClick: open }}
                >
                  Scripts and deployments use the management API with one; people sign in.
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Stack>
      <NewToken
        isOpen={isOpen}
        onClose={close}
        onMade={(found) => {
          setMade(found);
          void refresh();
        }}
      />
    </>
  );
}

const columnsFor = (revoke: (token: Token) => Promise<void>): Column<Token>[] => [
  {
    key: "name",
    label: "Name",
    width: "minmax(0, 1.6fr)",
    sortBy: (token) => token.name,
    render: (token) => (
      <>
        <Text fw={600} fz="sm">
          {token.name}
        </Text>
        <Text fz="xs" c="dimmed">
          <code>…{token.ending}</code>, made by {token.createdBy} <TimeAgo at={token.createdAt} />
        </Text>
      </>
    ),
  },
  {
    key: "role",
    label: "Role",
    width: "90px",
    sortBy: (token) => token.role,
    render: (token) => roleLabel(token.role),
  },
  {
    key: "used",
    label: "Last used",
    width: "140px",
    sortBy: (token) => token.usedAt,
    render: (token) => (token.usedAt ? <TimeAgo at={token.usedAt} /> : "Never"),
  },
  {
    key: "expires",
    label: "Expires",
    width: "140px",
    sortBy: (token) => token.expiresAt,
    render: ({ expiresAt }) => {
      if (!expiresAt) return "Never";
      return Date.parse(expiresAt) < Date.now() ? (
        <StatusBadge state="bad">Expired</StatusBadge>
      ) : (
        <TimeAgo at={expiresAt} />
      );
    },
  },
  {
    key: "actions",
    label: "Actions",
    width: "90px",
    isActions: true,
    render: (token) => (
      <ConfirmButton
        label="Revoke"
        size="compact-sm"
        title={`Revoke ${token.name}?`}
        onConfirm={() => revoke(token)}
      >
        Whatever uses it is refused from now on. It cannot be brought back.
      </ConfirmButton>
    ),
  },
];

interface NewTokenProps {
  isOpen: boolean;
  onClose: () => void;
  onMade: (made: { name: string; value: string }) => void;
}

function NewToken({ isOpen, onClose, onMade }: NewTokenProps) {
  const form = useForm({ initialValues: { name: "", role: "viewer" as string, days: "90" } });
  const save = useSave(form);
  const submit = async ({ name, role, days }: typeof form.values) => {
    const isSaved = await save.run(async () => {
      const answer = await data(
        api.POST("/tokens", {
          body: {
            name: name.trim(),
            role: role as Role,
            expiresAt: days ? new Date(Date.now() + Number(days) * DAY_MS).toISOString() : null,
          },
        }),
      );
      onMade({ name: answer.token.name, value: answer.value });
    });
    if (!isSaved) return;
    form.reset();
    onClose();
  };
  return (
    <Modal opened={isOpen} onClose={onClose} title="New API token">
      <form onSubmit={form.onSubmit((values) => void submit(values))}>
        <Stack>
          {save.error !== null && <ErrorState error={save.error} again="Create token" />}
          <TextInput
            label="Name"
            description="What it is for, so that you know later what to revoke."
            placeholder="Deployment"
            required
            withAsterisk={false}
            data-autofocus
            autoComplete="off"
            {...form.getInputProps("name")}
          />
          <RoleField
            value={form.values.role}
            onChange={(role) => form.setFieldValue("role", role)}
            error={form.errors.role}
          />
          <Select
            label="Expires after"
            data={LIVES}
            allowDeselect={false}
            {...form.getInputProps("days")}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={save.isBusy}>
              Create token
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
