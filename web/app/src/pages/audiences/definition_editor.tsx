/** Who is in an audience: the builder, the text, and who it would be. */

import { Alert, Button, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { LoadingRows } from "../../parts/query_view";
import classes from "./builder/builder.module.css";
import { GroupPart } from "./builder/group";
import { type Condition, type Group, missing, newGroup, plain, rootOf } from "./builder/model";
import type { EditorProps } from "./definition_tab";
import { PreviewPane } from "./preview_pane";
import { listQuery, type Subject, vocabularyQuery } from "./queries";
import { QueryText } from "./query_text";
import { type Editing, useDefinition } from "./use_definition";

export const useAudienceDefinition = (type: Subject, start: string | Group): Editing<Group> =>
  useDefinition<Group>({
    kind: "audience",
    type,
    start: typeof start === "string" ? { query: start } : { built: start },
    missing,
    toServer: plain,
    fromServer: (found) => rootOf(found as Condition),
  });

export function DefinitionEditor({ editing, type, isWithAnonymous, id }: EditorProps<Group>) {
  const words = useQuery(vocabularyQuery);
  const audiences = useQuery(listQuery("audience"));
  const traits = useQuery(listQuery("computed_trait"));
  const { built, missing: lacking, query, notInBuilder, problem } = editing;
  const empty = { events: [], traits: [], accountTraits: [], context: [] };
  const choices = {
    words: words.data ?? empty,
    audiences: (audiences.data ?? []).filter(
      (one) => one.id !== id && one.definition.type === type,
    ),
    traits: [
      ...(traits.data ?? []).map((one) => one.key),
      ...(words.data?.traits ?? []).map((one) => one.path),
    ],
  };
  return (
    <div className={classes.columns}>
      <Paper p="lg" component="section" aria-label="Definition">
        <Title order={2} mb="md">
          {type === "USERS" ? "Who is in it" : "Which accounts are in it"}
        </Title>
        <Stack gap="lg">
          {words.isPending ? (
            <LoadingRows count={2} height={34} />
          ) : built ? (
            <GroupPart group={built} onChange={editing.build} choices={choices} subject={type} />
          ) : notInBuilder ? (
            <Alert color="petrol" variant="light" title="This one lives as text">
              <Text fz="sm">{notInBuilder} It works all the same.</Text>
              <Button
                mt="sm"
                size="compact-sm"
                variant="default"
                onClick={() => editing.build(newGroup())}
              >
                Start over in the builder
              </Button>
            </Alert>
          ) : (
            !problem && <LoadingRows count={2} height={34} />
          )}
          <QueryText
            value={query}
            onChange={editing.write}
            problem={problem}
            placeholder="event('Order Completed').within(30 days).count() >= 1"
          />
          {editing.unasked && (
            <Text fz="sm" role="alert" c="var(--mantine-color-error)">
              {editing.unasked}
            </Text>
          )}
        </Stack>
      </Paper>
      <PreviewPane
        kind="audience"
        definition={{ query: editing.valid, type }}
        isWithAnonymous={isWithAnonymous}
        id={id}
        missing={lacking}
      />
    </div>
  );
}
