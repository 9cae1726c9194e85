/** Forgetting people, leaving them alone, and what became of it. */

import { Alert, Button, Group, Paper, Radio, Stack, Text, Textarea, Title } from "@mantine/core";
import { IconUserOff } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, data } from "../../api/client";
import { useMay } from "../../api/roles";
import type { components } from "../../api/schema";
import { ConfirmButton } from "../../parts/confirm_button";
import { type Column, DataTable } from "../../parts/data_table";
import { useDeed } from "../../parts/deed";
import { EmptyState } from "../../parts/empty_state";
import { ErrorState } from "../../parts/error_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { StatusBadge } from "../../parts/status_badge";
import { tell } from "../../parts/tell";
import { TimeAgo } from "../../parts/time_ago";
import { type Asked, idsOf, WORDS } from "./words";

type Regulation = components["schemas"]["RegulationShape"];

const regulationsQuery = {
  queryKey: ["regulations"],
  queryFn: async () => (await data(api.GET("/regulations"))).regulations,
  refetchInterval: 2_000,
};
const suppressionsQuery = {
  queryKey: ["suppressions"],
  queryFn: async () => (await data(api.GET("/suppressions"))).subjectIds,
  refetchInterval: 5_000,
};

const ask = (regulationType: Asked, subjectIds: string[]) =>
  data(api.POST("/regulations", { body: { regulationType, subjectType: "USER_ID", subjectIds } }));

const columns: readonly Column<Regulation>[] = [
  {
    key: "what",
    label: "Asked for",
    width: "minmax(0, 1.4fr)",
    render: (one) => WORDS[one.regulationType].label,
  },
  {
    key: "who",
    label: "User ids",
    width: "minmax(0, 2fr)",
    render: ({ subjectIds }) => (
      <Text fz="sm" lineClamp={2}>
        {subjectIds.slice(0, 5).join(", ")}
        {subjectIds.length > 5 && ` and ${(subjectIds.length - 5).toLocaleString()} more`}
      </Text>
    ),
  },
  {
    key: "when",
    label: "When",
    width: "140px",
    sortBy: (one) => one.createdAt,
    render: (one) => <TimeAgo at={one.createdAt} />,
  },
  {
    key: "status",
    label: "Status",
    width: "130px",
    sortBy: (one) => one.overallStatus,
    render: (one) => (
      <StatusBadge state={one.overallStatus === "FINISHED" ? "good" : "busy"}>
        {one.overallStatus === "FINISHED" ? "Finished" : "Under way"}
      </StatusBadge>
    ),
  },
];

export function PrivacyPage() {
  const regulations = useQuery(regulationsQuery);
  const suppressions = useQuery(suppressionsQuery);
  const mayEdit = useMay("editor");
  return (
    <>
      <PageHeader
        title="Privacy"
        description="Forget people who ask for it, and refuse what still comes of them."
      />
      <Stack gap="lg">
        {mayEdit && <Form />}
        <section aria-label="Requests">
          <Title order={2} mb="sm">
            Requests
          </Title>
          <QueryView query={regulations}>
            {(rows) => (
              <DataTable
                label="Requests"
                columns={columns}
                rows={rows}
                rowKey={(one) => one.id}
                empty={
                  <EmptyState icon={IconUserOff} title="Nobody has asked to be forgotten">
                    What is asked for above, or by API, is listed here with how far it is.
                  </EmptyState>
                }
              />
            )}
          </QueryView>
        </section>
        <QueryView query={suppressions}>
          {(ids) => <Suppressed ids={ids} mayEdit={mayEdit} />}
        </QueryView>
      </Stack>
    </>
  );
}

const SHOWN_MAX = 200;

function Suppressed({ ids, mayEdit }: { ids: readonly string[]; mayEdit: boolean }) {
  const client = useQueryClient();
  if (ids.length === 0) return null;
  return (
    <Paper p="lg" component="section" aria-label="Suppressed">
      <Title order={2}>Suppressed</Title>
      <Text c="dimmed" mb="sm">
        What comes with these user ids is refused and counted, and never kept.
      </Text>
      <Stack gap="xs">
        {ids.slice(0, SHOWN_MAX).map((id) => (
          <Group key={id} justify="space-between">
            <Text style={{ overflowWrap: "anywhere" }}>{id}</Text>
            {mayEdit && (
              <ConfirmButton
                size="compact-sm"
                label="Lift"
                aria-label={`Lift the suppression of ${id}`}
                title={`Take events of ${id} again?`}
                c="var(--mantine-color-text)"
                onConfirm={async () => {
                  await ask("UNSUPPRESS", [id]);
                  await client.invalidateQueries({ queryKey: ["suppressions"] });
                  tell(`Events of ${id} are taken again.`);
                }}
              >
                From now on its events are kept and sent to destinations. What was deleted stays
                deleted.
              </ConfirmButton>
            )}
          </Group>
        ))}
        {ids.length > SHOWN_MAX && (
          <Text c="dimmed">and {(ids.length - SHOWN_MAX).toLocaleString()} more</Text>
        )}
      </Stack>
    </Paper>
  );
}

function Form() {
  const client = useQueryClient();
  const [kind, setKind] = useState<Asked>("SUPPRESS_WITH_DELETE");
  const [text, setText] = useState("");
  const [isAsking, setAsking] = useState(false);
  const deed = useDeed();
  const ids = idsOf(text);
  const who = ids.length === 1 ? ids[0] : `${ids.length.toLocaleString()} users`;

  const send = async () => {
    await deed.run(async () => {
      await ask(kind, ids);
      // What was typed meanwhile stays, and is not asked for yet.
      setText((now) => (now === text ? "" : now));
      await client.invalidateQueries({ queryKey: ["regulations"] });
      await client.invalidateQueries({ queryKey: ["suppressions"] });
      tell("It is asked for, and holds from now on.");
    });
    setAsking(false);
  };
  return (
    <Paper p="lg" component="section" aria-label="Forget people">
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          if (ids.length > 0) setAsking(true);
        }}
      >
        <Stack maw={640}>
          <Title order={2}>Forget people</Title>
          <Textarea
            label="User ids"
            description="One a line, or separated by commas."
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              setAsking(false);
            }}
            autosize
            minRows={2}
            maxRows={12}
            spellCheck={false}
          />
          <Radio.Group
            label="What is to be done"
            value={kind}
            onChange={(value) => setKind(value as Asked)}
          >
            <Stack gap="xs" mt={6}>
              {(["SUPPRESS_WITH_DELETE", "DELETE_ONLY", "SUPPRESS_ONLY"] as const).map((one) => (
                <Radio
                  key={one}
                  value={one}
                  label={WORDS[one].label}
                  description={WORDS[one].hint}
                />
              ))}
            </Stack>
          </Radio.Group>
          {deed.error !== null && <ErrorState error={deed.error} again="Continue" />}
          {isAsking ? (
            <Alert
              color="red"
              variant="outline"
              role="alertdialog"
              title={`${WORDS[kind].label}: ${who}?`}
            >
              <Text fz="sm">
                {kind === "SUPPRESS_ONLY"
                  ? "What still comes of them is refused. What is known of them stays."
                  : "Their profiles, traits, events and memberships are deleted, with what the ledger tells of them and what waits to be sent. This cannot be undone. What destinations have got already stays there: ask each vendor to delete it."}
              </Text>
              <Group mt="sm">
                <Button variant="default" onClick={() => setAsking(false)} autoFocus>
                  Cancel
                </Button>
                <Button color="#b42318" loading={deed.isBusy} onClick={() => void send()}>
                  {kind === "SUPPRESS_ONLY" ? "Suppress" : "Delete"}
                </Button>
              </Group>
            </Alert>
          ) : (
            <Group>
              <Button type="submit" variant="default" disabled={ids.length === 0}>
                {ids.length === 0 ? "Continue" : `Continue with ${who}`}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Paper>
  );
}
