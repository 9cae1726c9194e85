/** One filter: which events, what happens to them, and what that does to the latest ones. */

import {
  Anchor,
  Button,
  Fieldset,
  Group,
  NumberInput,
  Paper,
  Select,
  Stack,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useParams } from "react-router";
import { api, data } from "../../api/client";
import { ApiError, conflictOf } from "../../api/errors";
import { recentEventsQuery } from "../../api/recent_events";
import { useMay } from "../../api/roles";
import { ConflictAlert } from "../../parts/conflict_alert";
import { differencesBetween } from "../../parts/differences";
import { ErrorState } from "../../parts/error_state";
import { QueryView } from "../../parts/query_view";
import { tell } from "../../parts/tell";
import { useUnsavedGuard } from "../../parts/unsaved_guard";
import { useFieldSave } from "../catalog/field_save";
import { TriggerBuilder } from "../mappings/trigger";
import classes from "./destinations.module.css";
import { FilterPreview, TRIED_ON } from "./filter_preview";
import {
  ACTION_WORDS,
  type ActionType,
  actionOf,
  type Draft,
  draftOf,
  inWords,
  NEW_DRAFT,
} from "./filter_words";
import { DestinationFrame } from "./frame";
import { type Destination, type Filter, filterQuery, filtersQuery } from "./queries";

const NEW = "new";

export function FilterPage() {
  const { filterId = NEW } = useParams();
  return (
    <DestinationFrame>
      {(destination) =>
        filterId === NEW ? (
          <Edit destination={destination} />
        ) : (
          <Existing destination={destination} filterId={filterId} />
        )
      }
    </DestinationFrame>
  );
}

function Existing({ destination, filterId }: { destination: Destination; filterId: string }) {
  // Another start after somebody else's version was taken.
  const [round, setRound] = useState(0);
  const query = useQuery({
    ...filterQuery(destination.id, filterId),
    // What is being edited is not to change by itself.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  return (
    <QueryView query={query}>
      {({ filter, etag }) => (
        <Edit
          key={round}
          destination={destination}
          loaded={{ filter, etag }}
          onReload={() => void query.refetch().then(() => setRound(round + 1))}
        />
      )}
    </QueryView>
  );
}

interface EditProps {
  destination: Destination;
  loaded?: { filter: Filter; etag: string | null };
  onReload?: () => void;
}

function Edit({ destination, loaded, onReload }: EditProps) {
  // What it was filled from: what somebody else saves meanwhile is not overwritten.
  const [{ filter, etag }] = useState(loaded ?? { filter: undefined, etag: null });
  const client = useQueryClient();
  const canEdit = useMay("editor");
  const [title, setTitle] = useState(filter?.title ?? "");
  const [condition, setCondition] = useState(filter?.if ?? 'type = "track"');
  const [drafts, setDrafts] = useState<Draft[]>(filter?.actions.map(draftOf) ?? [NEW_DRAFT]);
  const save = useFieldSave((field) => field === "if" || field === "title");
  const recent = useQuery(recentEventsQuery(destination.sourceId, TRIED_ON));
  const actions = drafts.map(actionOf);
  const isDirty =
    title !== (filter?.title ?? "") ||
    condition !== (filter?.if ?? 'type = "track"') ||
    JSON.stringify(actions) !== JSON.stringify((filter?.actions ?? [NEW_DRAFT]).map(normal));
  const leave = useUnsavedGuard(isDirty && canEdit);
  const list = `/destinations/${destination.id}/filters`;
  // A name that one need not think of.
  const suggested = actions.map(inWords).join("; ");

  const send = async (ifMatch: string | null) => {
    const body = { title: title.trim() || suggested, if: condition, actions };
    await save.run(async () => {
      await data<unknown>(
        filter
          ? api.PATCH("/destination/{destination_id}/filters/{filter_id}", {
              params: {
                path: { destination_id: destination.id, filter_id: filter.id },
                ...(ifMatch ? { header: { "if-match": ifMatch } } : {}),
              },
              body,
            })
          : api.POST("/destination/{destination_id}/filters", {
              params: { path: { destination_id: destination.id } },
              body: { ...body, enabled: true, description: "" },
            }),
      );
      void client.invalidateQueries({ queryKey: filtersQuery(destination.id).queryKey });
      tell("The filter is saved and active.");
      await leave(list);
    });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void send(etag);
  };
  const change = (index: number, part: Partial<Draft>) =>
    setDrafts((all) => all.map((one, at) => (at === index ? { ...one, ...part } : one)));
  const conflict = conflictOf(save.error);

  return (
    <div className={classes.columns}>
      <form onSubmit={submit}>
        <Paper p="lg">
          <Stack>
            <Anchor component={Link} to={list} fz="sm">
              All filters of {destination.name}
            </Anchor>
            {save.error instanceof ApiError && save.error.isConflict ? (
              <ConflictAlert
                conflict={conflict}
                what="this filter"
                differences={
                  conflict
                    ? differencesBetween(
                        { title: "Name", if: "Which events", actions: "What happens" },
                        conflict.current,
                        { title, if: condition, actions },
                      )
                    : []
                }
                onTheirs={() => {
                  save.clear();
                  onReload?.();
                }}
                onMine={() => void send(null)}
                isBusy={save.isBusy}
              />
            ) : (
              save.error !== null && (
                <ErrorState error={save.error} again={filter ? "Save filter" : "Add filter"} />
              )
            )}
            <Fieldset legend="Which events" variant="unstyled">
              <TriggerBuilder
                value={condition}
                onChange={setCondition}
                error={save.errors.if}
                isReadOnly={!canEdit}
                event={recent.data?.[0]?.event}
              />
            </Fieldset>
            {drafts.map((draft, index) => (
              <ActionFields
                // biome-ignore lint/suspicious/noArrayIndexKey: they have no other name, and keep their order.
                key={index}
                draft={draft}
                onChange={(part) => change(index, part)}
                {...(drafts.length > 1
                  ? { onRemove: () => setDrafts((all) => all.filter((_, at) => at !== index)) }
                  : {})}
              />
            ))}
            {drafts[0]?.type !== "DROP" && drafts.length < 3 && (
              <div>
                <Button
                  variant="subtle"
                  size="compact-sm"
                  onClick={() => setDrafts((all) => [...all, { ...NEW_DRAFT, type: "SAMPLE" }])}
                >
                  And also
                </Button>
              </div>
            )}
            <TextInput
              label="Name"
              placeholder={suggested}
              value={title}
              error={save.errors.title}
              onChange={(event) => setTitle(event.currentTarget.value)}
            />
            {canEdit ? (
              <Group>
                <Button type="submit" loading={save.isBusy} disabled={!condition.trim()}>
                  {filter ? "Save filter" : "Add filter"}
                </Button>
                <Button variant="subtle" component={Link} to={list}>
                  Cancel
                </Button>
              </Group>
            ) : (
              <Text c="dimmed">Your role is viewer: ask an editor to change this.</Text>
            )}
          </Stack>
        </Paper>
      </form>
      <FilterPreview sourceId={destination.sourceId} condition={condition} actions={actions} />
    </div>
  );
}

/** As the form would write it. */
const normal = (action: Parameters<typeof draftOf>[0]) =>
  actionOf({ ...NEW_DRAFT, ...draftOf(action) });

interface FieldsProps {
  draft: Draft;
  onChange: (part: Partial<Draft>) => void;
  onRemove?: () => void;
}

function ActionFields({ draft, onChange, onRemove }: FieldsProps) {
  return (
    <Stack className={classes.action} gap="sm">
      <Group align="flex-end" wrap="nowrap">
        <Select
          label="What happens"
          data={Object.entries(ACTION_WORDS).map(([value, label]) => ({ value, label }))}
          value={draft.type}
          onChange={(type) => type && onChange({ type: type as ActionType })}
          allowDeselect={false}
          flex={1}
        />
        {onRemove && (
          <Button variant="default" onClick={onRemove}>
            Remove
          </Button>
        )}
      </Group>
      {draft.type === "SAMPLE" && (
        <Group align="flex-start">
          <NumberInput
            label="Share to keep"
            suffix=" %"
            min={0}
            max={100}
            decimalScale={2}
            value={draft.percent}
            onChange={(value) => onChange({ percent: Number(value) || 0 })}
            flex="1 1 140px"
          />
          <TextInput
            label="Consistent by"
            description="A path such as userId. Leave empty for a random share."
            placeholder="userId"
            inputWrapperOrder={["label", "input", "description", "error"]}
            value={draft.path}
            onChange={(event) => onChange({ path: event.currentTarget.value })}
            flex="1 1 180px"
          />
        </Group>
      )}
      {(draft.type === "DROP_PROPERTIES" || draft.type === "ALLOW_PROPERTIES") && (
        <TagsInput
          label="Properties"
          description="Such as properties.email or traits.phone. Enter adds one."
          placeholder={draft.names.length === 0 ? "properties.email" : ""}
          value={draft.names}
          onChange={(names) => onChange({ names })}
          acceptValueOnBlur
          size="sm"
        />
      )}
    </Stack>
  );
}
