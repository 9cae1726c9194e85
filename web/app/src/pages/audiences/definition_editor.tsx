/** Who is in an audience: the builder, the text, and who it would be. */

import { useQuery } from "@tanstack/react-query";
import { LoadingRows } from "../../parts/query_view";
import { type Choices, GroupPart } from "./builder/group";
import { type Condition, type Group, missing, newGroup, plain, rootOf } from "./builder/model";
import { DefinitionFrame } from "./definition_frame";
import type { EditorProps } from "./definition_tab";
import { listQuery, type Subject, vocabularyQuery } from "./queries";
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

const NO_WORDS = { events: [], traits: [], accountTraits: [], context: [] };

/** Returns what can be chosen from in the builder; undefined until it is known. */
export function useChoices(type: Subject, id: string | null): Choices | undefined {
  const words = useQuery(vocabularyQuery);
  const audiences = useQuery(listQuery("audience"));
  const traits = useQuery(listQuery("computed_trait"));
  if (words.isPending || audiences.isPending || traits.isPending) return undefined;
  return {
    words: words.data ?? NO_WORDS,
    audiences: (audiences.data ?? []).filter(
      (one) => one.id !== id && one.definition.type === type,
    ),
    traits: [
      ...(traits.data ?? []).map((one) => one.key),
      ...(words.data?.traits ?? []).map((one) => one.path),
    ],
  };
}

export function DefinitionEditor(props: EditorProps<Group>) {
  const { editing, type, id } = props;
  const choices = useChoices(type, id);
  // All at once: what comes later would take the place in which somebody types already.
  if (!choices) return <LoadingRows />;
  return (
    <DefinitionFrame
      {...props}
      kind="audience"
      title={type === "USERS" ? "Who is in it" : "Which accounts are in it"}
      form="builder"
      blank={newGroup}
      placeholder="event('Order Completed').within(30 days).count() >= 1"
    >
      {(built) => (
        <GroupPart group={built} onChange={editing.build} choices={choices} subject={type} />
      )}
    </DefinitionFrame>
  );
}
