/** Who may sign in, and what they may do. */

import { Button, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconUsers } from "@tabler/icons-react";
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, data } from "../../api/client";
import { useMay } from "../../api/roles";
import type { components } from "../../api/schema";
import { type Role, session } from "../../api/session";
import { useSignal } from "../../api/signal";
import { ConfirmButton } from "../../parts/confirm_button";
import { type Column, DataTable } from "../../parts/data_table";
import { useDeed } from "../../parts/deed";
import { EmptyState } from "../../parts/empty_state";
import { ErrorState } from "../../parts/error_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { useSave } from "../../parts/save";
import { StatusBadge } from "../../parts/status_badge";
import { tell, tellError } from "../../parts/tell";
import { TimeAgo } from "../../parts/time_ago";
import { NotAllowed } from "./not_allowed";
import { RoleField } from "./role_field";
import { ROLES } from "./roles";
import { ShownOnce } from "./shown_once";

type Person = components["schemas"]["PersonShape"];
interface Link {
  name: string;
  url: string;
}

const peopleQuery = queryOptions({
  queryKey: ["people"],
  queryFn: async () =>
    (await data(api.GET("/people", { params: { query: { "pagination[count]": 200 } } }))).people,
});

export function PeoplePage() {
  return useMay("owner") ? <People /> : <NotAllowed title="People" needs="owner" />;
}

function People() {
  const people = useQuery(peopleQuery);
  const client = useQueryClient();
  const me = useSignal(session)?.person?.id;
  const [isOpen, { open, close }] = useDisclosure();
  const [link, setLink] = useState<Link | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: peopleQuery.queryKey });

  const linking = useDeed(tellError);
  const newLink = (person: Person) =>
    linking.run(async () => {
      const answer = await data(
        api.POST("/people/{person_id}/password-link", {
          params: { path: { person_id: person.id } },
        }),
      );
      setLink({ name: person.name, url: answer.link.url });
      await refresh();
    });
  const changing = useDeed(tellError);
  const changeRole = (person: Person, role: Role) =>
    changing.run(async () => {
      await data(
        api.PATCH("/people/{person_id}", {
          params: { path: { person_id: person.id } },
          body: { role },
        }),
      );
      tell(`${person.name} is ${role} now.`);
      await refresh();
    });
  const remove = async (person: Person) => {
    await data(api.DELETE("/people/{person_id}", { params: { path: { person_id: person.id } } }));
    await refresh();
  };

  return (
    <>
      <PageHeader
        title="People"
        description="Who may sign in to this workspace, and what they may do."
        actions={<Button onClick={open}>Invite somebody</Button>}
      />
      <Stack gap="lg">
        {link && (
          <ShownOnce key={link.url} label="Link" value={link.url}>
            {`Send this link to ${link.name}: it sets their password, once.`}
          </ShownOnce>
        )}
        <QueryView query={people}>
          {(all) => (
            <DataTable
              label="People"
              columns={columnsFor({ me, newLink, changeRole, remove })}
              rows={all}
              rowKey={(person) => person.id}
              empty={
                <EmptyState
                  icon={IconUsers}
                  title="Nobody has an account yet"
                  action={{ label: "Invite somebody", onClick: open }}
                >
                  You are signed in with the admin token, which may do everything and names nobody.
                  Give each person an account, yourself first: the audit log then says who did what.
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Stack>
      <Invite
        isOpen={isOpen}
        onClose={close}
        onInvited={(found) => {
          setLink(found);
          void refresh();
        }}
      />
    </>
  );
}

interface Deeds {
  me: string | undefined;
  newLink: (person: Person) => Promise<unknown>;
  changeRole: (person: Person, role: Role) => Promise<unknown>;
  remove: (person: Person) => Promise<void>;
}

function columnsFor({ me, newLink, changeRole, remove }: Deeds): Column<Person>[] {
  return [
    {
      key: "name",
      label: "Name",
      width: "minmax(0, 1.6fr)",
      sortBy: (person) => person.name,
      render: (person) => (
        <>
          <Text fw={600} fz="sm">
            {person.name}
            {person.id === me && " (you)"}
          </Text>
          <Text fz="xs" c="dimmed">
            {person.email}
          </Text>
        </>
      ),
    },
    {
      key: "role",
      label: "Role",
      width: "130px",
      sortBy: (person) => person.role,
      render: (person) => (
        <Select
          size="xs"
          aria-label={`Role of ${person.name}`}
          data={ROLES.map(({ value, label }) => ({ value, label }))}
          value={person.role}
          allowDeselect={false}
          onChange={(role) => void changeRole(person, role as Role)}
        />
      ),
    },
    {
      key: "state",
      label: "State",
      render: (person) => {
        if (person.hasPassword) {
          return person.signedInAt ? (
            <Text fz="sm">
              Signed in <TimeAgo at={person.signedInAt} />
            </Text>
          ) : (
            <StatusBadge state="good">Has a password</StatusBadge>
          );
        }
        return person.linkExpiresAt ? (
          <StatusBadge state="busy">Invited</StatusBadge>
        ) : (
          <StatusBadge state="warn">The invitation has expired</StatusBadge>
        );
      },
    },
    {
      key: "actions",
      label: "Actions",
      width: "190px",
      isActions: true,
      render: (person) => (
        <>
          <Button size="compact-sm" variant="default" onClick={() => void newLink(person)}>
            {person.hasPassword ? "New password" : "New link"}
          </Button>
          <ConfirmButton
            label="Remove"
            size="compact-sm"
            title={`Remove ${person.name}?`}
            disabled={person.id === me}
            onConfirm={() => remove(person)}
          >
            They are signed out at once and cannot come back in. What they did stays in the audit
            log; API tokens that they made go on working.
          </ConfirmButton>
        </>
      ),
    },
  ];
}

interface InviteProps {
  isOpen: boolean;
  onClose: () => void;
  onInvited: (link: Link) => void;
}

function Invite({ isOpen, onClose, onInvited }: InviteProps) {
  const form = useForm({ initialValues: { email: "", name: "", role: "viewer" as string } });
  const save = useSave(form);
  const submit = async (values: typeof form.values) => {
    const isSaved = await save.run(async () => {
      const answer = await data(
        api.POST("/people", {
          body: {
            email: values.email.trim(),
            name: values.name.trim(),
            role: values.role as Role,
          },
        }),
      );
      onInvited({ name: answer.person.name, url: answer.link.url });
    });
    if (!isSaved) return;
    form.reset();
    onClose();
  };
  return (
    <Modal opened={isOpen} onClose={onClose} title="Invite somebody">
      <form onSubmit={form.onSubmit((values) => void submit(values))}>
        <Stack>
          {save.error !== null && <ErrorState error={save.error} again="Create the link" />}
          <TextInput
            type="email"
            label="E-mail"
            required
            withAsterisk={false}
            data-autofocus
            autoComplete="off"
            {...form.getInputProps("email")}
          />
          <TextInput
            label="Name"
            description="Optional. Defaults to the first part of the e-mail address."
            autoComplete="off"
            {...form.getInputProps("name")}
          />
          <RoleField
            value={form.values.role}
            onChange={(role) => form.setFieldValue("role", role)}
            error={form.errors.role}
          />
          <Text fz="xs" c="dimmed">
            This server sends no mail: you get a link to pass on, with which they set their
            password.
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={save.isBusy}>
              Create the link
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
