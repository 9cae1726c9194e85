import { Button, Checkbox, Group, Paper, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useNavigate } from "react-router";
import { ApiError } from "../../api/errors";
import { useMay } from "../../api/roles";
import { EmptyState } from "../../parts/empty_state";
import { ErrorState } from "../../parts/error_state";
import { PageHeader } from "../../parts/page_header";
import { tell } from "../../parts/tell";
import { useUnsavedGuard } from "../../parts/unsaved_guard";
import { keyOf, newEvent, newGroup, newUsers, suggestedName } from "./builder/model";
import { DefinitionEditor, useAudienceDefinition } from "./definition_editor";
import { NameFields } from "./name_fields";
import { create, type Subject } from "./queries";

const CRUMBS = [{ label: "Audiences", to: "/audiences" }];

export function NewAudiencePage() {
  const mayEdit = useMay("editor");
  const [type, setType] = useState<Subject>("USERS");
  return (
    <>
      <PageHeader
        title="New audience"
        breadcrumbs={CRUMBS}
        description="Say who is in it. Nothing is sent anywhere until you connect a destination."
      />
      {mayEdit ? (
        <NewAudience key={type} type={type} onType={setType} />
      ) : (
        <NotAllowed to="/audiences" label="Go to the audiences" />
      )}
    </>
  );
}

export function NotAllowed({ to, label }: { to: string; label: string }) {
  return (
    <EmptyState
      icon={IconLock}
      title="Your role may look, and change nothing"
      action={{ label, to }}
    >
      Ask an owner of the workspace for the role of an editor.
    </EmptyState>
  );
}

function NewAudience({ type, onType }: { type: Subject; onType: (type: Subject) => void }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [start] = useState(() => newGroup([type === "USERS" ? newEvent() : newUsers()]));
  const editing = useAudienceDefinition(type, start);
  // Null until it is typed: then it follows what is in it.
  const [name, setName] = useState<string | null>(null);
  const [ownKey, setOwnKey] = useState<string | null>(null);
  const [isWithAnonymous, setWithAnonymous] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [isDone, setDone] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const suggestion = editing.built ? suggestedName(editing.built) : "";
  const called = name ?? suggestion;
  const key = ownKey?.trim() ?? keyOf(called);
  const isReady = editing.valid !== "" && !editing.isBusy && called.trim() !== "" && key !== "";
  useUnsavedGuard(((name ?? "") !== "" || editing.query !== "") && !isDone);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    setBusy(true);
    setError(null);
    try {
      const made = await create("audience", {
        name: called.trim(),
        key,
        description: "",
        definition: { query: editing.valid, type },
        isWithAnonymous,
      });
      setDone(true);
      await client.invalidateQueries({ queryKey: ["audience", "all"] });
      tell(`The audience ${made.name} was made.`);
      // After the guard has heard that there is nothing to lose any more.
      setTimeout(() => navigate(`/audiences/${made.id}`), 0);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const messages = error instanceof ApiError ? error.messagesByField() : {};

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Paper p="md" component="section" aria-label="About">
          <Group gap="md" align="flex-start">
            <SegmentedControl
              aria-label="It is about"
              data={[
                { value: "USERS", label: "Users" },
                { value: "ACCOUNTS", label: "Accounts" },
              ]}
              value={type}
              onChange={(next) => onType(next as Subject)}
            />
            <Checkbox
              label="Include anonymous visitors"
              description="Those without a user id or e-mail address. This cannot be changed later."
              checked={isWithAnonymous}
              onChange={(event) => setWithAnonymous(event.currentTarget.checked)}
            />
          </Group>
        </Paper>
        <DefinitionEditor
          editing={editing}
          type={type}
          isWithAnonymous={isWithAnonymous}
          id={null}
        />
        <NameFields
          name={called}
          onName={setName}
          ownKey={ownKey}
          onKey={setOwnKey}
          placeholder="Order Completed Last 30 Days"
          messages={messages}
        />
        {error !== null && <ErrorState error={error} />}
        <Group>
          <Button type="submit" loading={isBusy} disabled={!isReady}>
            Create audience
          </Button>
          <Button variant="subtle" component={Link} to="/audiences">
            Cancel
          </Button>
          <Text c="dimmed" fz="sm">
            {editing.missing ?? (called.trim() ? (key ? "" : "Give it a key.") : "Give it a name.")}
          </Text>
        </Group>
      </Stack>
    </form>
  );
}
