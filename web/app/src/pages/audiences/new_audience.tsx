import { Checkbox, Group, Paper, SegmentedControl } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useState } from "react";
import { useMay } from "../../api/roles";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { LoadingRows } from "../../parts/query_view";
import { newEvent, newGroup, newUsers, suggestedName } from "./builder/model";
import { DefinitionEditor, useAudienceDefinition, useChoices } from "./definition_editor";
import { NewForm } from "./new_form";
import type { Subject } from "./queries";

const CRUMBS = [{ label: "Audiences", to: "/audiences" }];

export function NewAudiencePage() {
  const mayEdit = useMay("editor");
  return (
    <>
      <PageHeader
        title="New audience"
        breadcrumbs={CRUMBS}
        description="Say who is in it. Nothing is sent anywhere until you connect a destination."
      />
      {mayEdit ? <NewAudience /> : <NotAllowed to="/audiences" label="Go to the audiences" />}
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

function NewAudience() {
  const [type, setType] = useState<Subject>("USERS");
  // Who looks at the other finds what they had here when they come back.
  const [starts] = useState(() => ({
    USERS: newGroup([newEvent()]),
    ACCOUNTS: newGroup([newUsers()]),
  }));
  const ofUsers = useAudienceDefinition("USERS", starts.USERS);
  const ofAccounts = useAudienceDefinition("ACCOUNTS", starts.ACCOUNTS);
  const editing = type === "USERS" ? ofUsers : ofAccounts;
  const [isWithAnonymous, setWithAnonymous] = useState(false);
  // Nobody begins to type before all is there: the builder takes the focus.
  if (!useChoices(type, null)) return <LoadingRows />;

  return (
    <NewForm
      kind="audience"
      type={type}
      isWithAnonymous={isWithAnonymous}
      editing={editing}
      suggestion={editing.built ? suggestedName(editing.built) : ""}
      placeholder="Order Completed Last 30 Days"
    >
      <Paper p="md" component="section" aria-label="About">
        <Group gap="md" align="flex-start">
          <SegmentedControl
            aria-label="It is about"
            data={[
              { value: "USERS", label: "Users" },
              { value: "ACCOUNTS", label: "Accounts" },
            ]}
            value={type}
            onChange={(next) => setType(next as Subject)}
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
        key={type}
        editing={editing}
        type={type}
        isWithAnonymous={isWithAnonymous}
        id={null}
      />
    </NewForm>
  );
}
