/** One mapping: which events it takes, what is made of them, and what that looks like. */

import { Button, Group, Paper, Switch, Text, TextInput, Title } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconArrowsSplit } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { useParams } from "react-router";
import { ApiError, conflictOf } from "../../api/errors";
import { useMay } from "../../api/roles";
import { ConflictAlert } from "../../parts/conflict_alert";
import { useDeed } from "../../parts/deed";
import { EmptyState } from "../../parts/empty_state";
import { ErrorState } from "../../parts/error_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { tell } from "../../parts/tell";
import { useUnsavedGuard } from "../../parts/unsaved_guard";
import { type Destination, destinationQuery } from "../destinations/queries";
import { changeMapping, type Draft, type Mapping, mappingQuery, mappingsQuery } from "./api";
import { FieldsEditor } from "./fields_editor";
import { differences, draftOf, type FieldProblem } from "./logic";
import classes from "./mappings.module.css";
import { usePreview } from "./preview";
import { PreviewPane } from "./preview_pane";
import { TriggerBuilder } from "./trigger";
import { isEqual } from "./value/form";
import { ValueSurroundings } from "./value/surroundings";

export function MappingPage() {
  const { id = "", mappingId = "" } = useParams();
  const destination = useQuery(destinationQuery(id));
  const mapping = useQuery(mappingQuery(id, mappingId));
  if (isMissing(destination.error)) return <Gone title="Destination not found" />;
  if (isMissing(mapping.error)) {
    return <Gone title="Mapping not found" destination={destination.data?.destination} />;
  }
  return (
    <QueryView query={destination}>
      {({ destination: to }) => (
        <QueryView query={mapping}>
          {(found) => <Editor key={mappingId} destination={to} loaded={found} />}
        </QueryView>
      )}
    </QueryView>
  );
}

const isMissing = (error: unknown): boolean => error instanceof ApiError && error.isMissing;

/** Where an old bookmark leads, or the page of a mapping that somebody else has deleted. */
function Gone({ title, destination }: { title: string; destination?: Destination | undefined }) {
  return (
    <>
      <PageHeader title="Mapping" />
      <EmptyState
        icon={IconArrowsSplit}
        title={title}
        action={
          destination
            ? {
                label: `Show the mappings of ${destination.name}`,
                to: `/destinations/${destination.id}/mappings`,
              }
            : { label: "Show all destinations", to: "/destinations" }
        }
      >
        It may have been deleted. The audit log shows who did it and when.
      </EmptyState>
    </>
  );
}

interface Loaded {
  mapping: Mapping;
  etag: string | null;
}

function Editor({ destination, loaded }: { destination: Destination; loaded: Loaded }) {
  const client = useQueryClient();
  const isReadOnly = !useMay("editor");
  const [base, setBase] = useState(loaded);
  const [draft, setDraft] = useState<Draft>(() => draftOf(loaded.mapping));
  const deed = useDeed();
  const { isBusy, error } = deed;
  const [unreadable, setUnreadable] = useState<readonly string[]>([]);
  const told = useCallback(
    (id: string, is: boolean) =>
      setUnreadable((all) =>
        is === all.includes(id) ? all : is ? [...all, id] : all.filter((each) => each !== id),
      ),
    [],
  );
  const { mapping } = base;
  const action = destination.metadata.actions.find(({ slug }) => slug === mapping.actionSlug);
  const isDirty = !isEqual(draft, draftOf(mapping)) || unreadable.length > 0;
  useUnsavedGuard(isDirty);
  const preview = usePreview(destination, mapping, draft);
  const conflict = conflictOf(error);
  const saved = error instanceof ApiError && !error.isConflict ? error.messagesByField() : {};

  const save = async (change: { enabled?: boolean } = {}, etag = base.etag) => {
    if (isReadOnly || unreadable.length > 0) return;
    await deed.run(async () => {
      const next = await changeMapping(mapping, { ...draft, ...change }, etag);
      setBase(next);
      // What is typed meanwhile stays, and is not saved yet.
      tell(change.enabled ? "Saved and enabled." : "Saved.");
      void client.invalidateQueries({ queryKey: mappingsQuery(destination.id).queryKey });
    });
  };
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  useHotkeys([["mod+S", () => isDirty && void save()]], []);

  const problems: FieldProblem[] = [
    ...preview.problems,
    ...Object.entries(saved)
      .filter(([field]) => field.startsWith("settings"))
      .map(([field, message]) => ({
        field: field.replace(/^settings\.?/, "").split(".")[0] ?? "",
        path: field.replace(/^settings\.?/, ""),
        message,
      })),
  ];

  return (
    <>
      <PageHeader
        title={mapping.name}
        description={action ? `${action.name}: ${action.description}` : undefined}
        breadcrumbs={[
          { label: "Destinations", to: "/destinations" },
          { label: destination.name, to: `/destinations/${destination.id}` },
          { label: "Mappings", to: `/destinations/${destination.id}/mappings` },
        ]}
        actions={
          isReadOnly ? (
            <Text fz="sm" c="dimmed">
              Your role is viewer: ask an editor to change this.
            </Text>
          ) : (
            <>
              <Text fz="sm" c="dimmed" role="status">
                {unreadable.length > 0
                  ? "Some JSON is invalid"
                  : isDirty
                    ? "Not saved yet"
                    : mapping.enabled
                      ? "Enabled"
                      : "Disabled"}
              </Text>
              {isDirty && (
                <Button
                  variant="subtle"
                  color="gray"
                  onClick={() => {
                    setDraft(draftOf(mapping));
                    deed.clear();
                  }}
                >
                  Undo changes
                </Button>
              )}
              <Button
                variant={mapping.enabled ? "filled" : "default"}
                loading={isBusy}
                disabled={!isDirty || unreadable.length > 0}
                title="⌘S or Ctrl+S"
                onClick={() => void save()}
              >
                Save
              </Button>
              {!mapping.enabled && (
                <Button
                  loading={isBusy}
                  disabled={unreadable.length > 0}
                  onClick={() => void save({ enabled: true })}
                >
                  {isDirty ? "Save and enable" : "Enable"}
                </Button>
              )}
            </>
          )
        }
      />
      {conflict ? (
        <ConflictAlert
          conflict={conflict}
          what="this mapping"
          differences={differences(draftOf(conflict.current as unknown as Mapping), draft)}
          onTheirs={() => {
            const current = conflict.current as unknown as Mapping;
            setBase({ mapping: current, etag: conflict.etag });
            setDraft(draftOf(current));
            deed.clear();
          }}
          onMine={() => void save({}, conflict.etag)}
          isBusy={isBusy}
        />
      ) : (
        error !== null && (
          <div className={classes.alert}>
            <ErrorState error={error} again="Save" />
          </div>
        )
      )}
      <ValueSurroundings event={preview.event} setUnreadable={told}>
        <div className={classes.columns}>
          <div className={classes.column}>
            <Paper className={classes.card} component="section" aria-label="Mapping">
              <Group align="flex-end" gap="md">
                <TextInput
                  flex={1}
                  miw={180}
                  label="Name"
                  value={draft.name}
                  error={saved.name}
                  disabled={isReadOnly}
                  onChange={(event) => change({ name: event.currentTarget.value })}
                />
                {mapping.enabled && (
                  <Switch
                    mb={8}
                    label="Enabled"
                    checked
                    disabled={isReadOnly || isBusy}
                    onChange={() => void save({ enabled: false })}
                  />
                )}
              </Group>
            </Paper>
            <Paper className={classes.card} component="section" aria-labelledby="trigger-title">
              <Title order={2} id="trigger-title">
                Trigger
              </Title>
              <Text fz="sm" c="dimmed" mb="md">
                Which events this mapping takes.
              </Text>
              <TriggerBuilder
                value={draft.trigger}
                onChange={(trigger) => change({ trigger })}
                error={saved.trigger}
                isReadOnly={isReadOnly}
                event={preview.event}
              />
            </Paper>
            <FieldsEditor
              action={action}
              settings={draft.settings}
              onChange={(settings) => change({ settings })}
              problems={problems}
              payload={preview.payload}
              isReadOnly={isReadOnly}
            />
          </div>
          <PreviewPane
            preview={preview}
            destination={destination}
            mapping={mapping}
            draft={draft}
            isReadOnly={isReadOnly}
          />
        </div>
      </ValueSurroundings>
    </>
  );
}
