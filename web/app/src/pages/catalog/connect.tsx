/** Setting up a destination: source, settings, presets, enable. One page, no wizard. */

import {
  Alert,
  Anchor,
  Badge,
  Button,
  Checkbox,
  Code,
  Group,
  Paper,
  Radio,
  Select,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { IconFlask, IconInfoCircle } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { api, data } from "../../api/client";
import { catalogQuery, destinationsQuery, sourcesQuery } from "../../api/queries";
import { useMay } from "../../api/roles";
import { EmptyState } from "../../parts/empty_state";
import { ErrorState } from "../../parts/error_state";
import { PageHeader } from "../../parts/page_header";
import { FreshView, LoadingRows, QueryView } from "../../parts/query_view";
import { SettingField } from "../../parts/setting_field";
import { tell } from "../../parts/tell";
import { useUnsavedGuard } from "../../parts/unsaved_guard";
import type { Destination } from "../destinations/queries";
import { sourceTypesQuery } from "../sources/queries";
import classes from "./catalog.module.css";
import {
  type Entry,
  isSupported,
  type Kind,
  reasonAgainst,
  type Source,
  slugFor,
  whereItRuns,
} from "./entries";
import { Unknown } from "./entry";
import { useFieldSave } from "./field_save";
import { TestConnection } from "./tried";

const NEW = "new";

export function ConnectPage() {
  const { slug } = useParams();
  const catalog = useQuery(catalogQuery);
  const sources = useQuery(sourcesQuery);
  const destinations = useQuery(destinationsQuery);
  const canEdit = useMay("editor");
  return (
    <QueryView query={catalog}>
      {(entries) => {
        const entry = entries.find((one) => one.slug === slug || one.id === slug);
        if (!entry) return <Unknown entries={entries} below="/connect" />;
        if (!canEdit) return <NotAllowed entry={entry} />;
        return (
          <FreshView query={sources}>
            {(found) => (
              <FreshView query={destinations}>
                {(all) => (
                  <Connect
                    key={entry.id}
                    entry={entry}
                    sources={found}
                    own={all.filter((one) => one.metadata.id === entry.id)}
                  />
                )}
              </FreshView>
            )}
          </FreshView>
        );
      }}
    </QueryView>
  );
}

function NotAllowed({ entry }: { entry: Entry }) {
  return (
    <>
      <PageHeader title={`Configure ${entry.name}`} />
      <EmptyState
        icon={IconFlask}
        title="You need to be an editor to connect a destination"
        action={{ label: `Back to ${entry.name}`, to: `/catalog/${entry.slug}` }}
      >
        Your role is viewer. Ask an owner of the workspace to make you an editor.
      </EmptyState>
    </>
  );
}

interface ConnectProps {
  entry: Entry;
  sources: readonly Source[];
  /** What is connected of this entry already. */
  own: readonly Destination[];
}

function Connect({ entry, sources, own }: ConnectProps) {
  const client = useQueryClient();
  const [parameters] = useSearchParams();
  const [sourceId, setSourceId] = useState(() =>
    firstChoice(entry, sources, own, parameters.get("source")),
  );
  const [newName, setNewName] = useState("");
  const [newType, setNewType] = useState<string | null>(null);
  const [settings, setSettings] = useState<Record<string, unknown>>({});
  const [presets, setPresets] = useState(() => entry.presets.map((preset) => preset.name));
  const sandbox = useQuery({
    queryKey: ["sandbox", entry.slug],
    queryFn: () =>
      data(
        api.GET("/catalog/destinations/{metadata_id}/sandbox", {
          params: { path: { metadata_id: entry.slug } },
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const types = useSourceTypes(entry);
  const type = newType ?? types[0]?.value ?? null;
  const save = useFieldSave(
    (field) => field.startsWith("settings.") || field === "name" || field === "slug",
  );
  const isDirty = Object.keys(settings).length > 0 || newName !== "";
  const leave = useUnsavedGuard(isDirty);

  const create = (enabled: boolean) =>
    save.run(async () => {
      const chosen = sourceId === NEW && type ? await makeSource(newName, type, sources) : sourceId;
      if (sourceId === NEW) {
        // If what follows is refused, the source is there, and is not made a second time.
        await client.invalidateQueries({ queryKey: ["sources"] });
        setSourceId(chosen);
        setNewName("");
      }
      const { destination } = await data(
        api.POST("/destinations", {
          body: { sourceId: chosen, metadataId: entry.id, settings, enabled, presets },
        }),
      );
      void client.invalidateQueries({ queryKey: ["destinations"] });
      tell(enabled ? `${destination.name} is enabled.` : `${destination.name} is saved.`);
      // The form is not left in the history: going back to it, one would make it a second time.
      await leave(`/destinations/${destination.id}?new`, { replace: true });
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void create(true);
  };
  // A page can load a vendor's script once.
  const already =
    entry.mode === "device"
      ? own.find((one) => one.enabled && one.sourceId === sourceId && !save.isBusy)
      : undefined;
  const isComplete =
    sourceId !== "" && (sourceId !== NEW || (newName.trim() !== "" && type !== null));

  return (
    <>
      <PageHeader
        title={`Configure ${entry.name}`}
        description={whereItRuns(entry)}
        breadcrumbs={[
          { label: "Catalog", to: "/catalog" },
          { label: entry.name, to: `/catalog/${entry.slug}` },
        ]}
      />
      <form onSubmit={submit}>
        <Stack gap="md" maw={760}>
          <Step number={1} title="Source">
            <SourceChoice entry={entry} sources={sources} value={sourceId} onChange={setSourceId} />
            {already && (
              <Alert
                mt="sm"
                role="status"
                variant="outline"
                color="amber"
                icon={<IconInfoCircle />}
                title={`This source already has ${entry.name}`}
                bg="var(--mantine-color-body)"
              >
                <Text fz="sm">
                  A page loads it only once.{" "}
                  <Anchor
                    component={Link}
                    to={`/destinations/${already.id}`}
                    fz="sm"
                    underline="always"
                  >
                    Open {already.name}
                  </Anchor>{" "}
                  to change it, or choose another source.
                </Text>
              </Alert>
            )}
            {sourceId === NEW && (
              <Group align="flex-start" mt="sm">
                <TextInput
                  label="Name of the source"
                  placeholder="Shop"
                  value={newName}
                  required
                  autoFocus
                  error={save.errors.slug ?? save.errors.name}
                  onChange={(event) => setNewName(event.currentTarget.value)}
                  flex="1 1 200px"
                />
                <Select
                  label="Type of source"
                  data={types}
                  value={type}
                  onChange={setNewType}
                  allowDeselect={false}
                  flex="1 1 200px"
                />
              </Group>
            )}
          </Step>
          <Step number={2} title="Settings">
            {sandbox.data?.settings && (
              <Group className={classes.choice} mb="md" wrap="nowrap">
                <IconFlask size={20} className={classes.flask} aria-hidden />
                <div>
                  <Text>No account yet? Try it with the sandbox on this server.</Text>
                  <Button
                    variant="default"
                    mt="xs"
                    size="compact-sm"
                    onClick={() => setSettings({ ...settings, ...sandbox.data.settings })}
                  >
                    Fill in the sandbox's settings
                  </Button>
                </div>
              </Group>
            )}
            <Stack>
              {/* The way to the sandbox stands above them, and would push them down. */}
              {sandbox.isPending ? (
                <LoadingRows count={entry.options.length} height={34} />
              ) : (
                entry.options.map((option) => (
                  <SettingField
                    key={option.name}
                    option={option}
                    value={settings[option.name]}
                    error={save.errors[`settings.${option.name}`]}
                    onChange={(value) => setSettings((all) => ({ ...all, [option.name]: value }))}
                  />
                ))
              )}
              {entry.isTestable && (
                <TestConnection
                  settings={settings}
                  test={async () =>
                    (
                      await data(
                        api.POST("/catalog/destinations/{metadata_id}/test", {
                          params: { path: { metadata_id: entry.slug } },
                          body: { settings },
                        }),
                      )
                    ).test
                  }
                />
              )}
            </Stack>
          </Step>
          {entry.presets.length > 0 && (
            <Step number={3} title="Mappings to start with">
              <Checkbox.Group
                aria-label="Presets"
                value={presets}
                onChange={(chosen) => setPresets(chosen)}
              >
                <Stack gap="sm">
                  {entry.presets.map((preset) => (
                    <Checkbox
                      key={preset.name}
                      value={preset.name}
                      label={preset.name}
                      description={<Code>{preset.trigger}</Code>}
                    />
                  ))}
                </Stack>
              </Checkbox.Group>
            </Step>
          )}
          {save.error !== null && <ErrorState error={save.error} again="Enable" />}
          {Object.keys(save.errors).length > 0 && (
            <Text role="alert" c="var(--mantine-color-error)">
              Nothing was saved yet. Correct the fields marked above.
            </Text>
          )}
          <Group>
            <Button
              type="submit"
              loading={save.isBusy}
              disabled={!isComplete || already !== undefined}
            >
              Enable
            </Button>
            <Button
              variant="default"
              disabled={!isComplete || save.isBusy}
              onClick={() => void create(false)}
            >
              Save without enabling
            </Button>
            <Button variant="subtle" component={Link} to={`/catalog/${entry.slug}`}>
              Cancel
            </Button>
          </Group>
        </Stack>
      </form>
    </>
  );
}

function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <Paper className={classes.step ?? ""} component="section">
      <Group gap="sm" mb="md">
        <span className={classes.number} aria-hidden>
          {number}
        </span>
        <Title order={2}>{title}</Title>
      </Group>
      {children}
    </Paper>
  );
}

interface ChoiceProps {
  entry: Entry;
  sources: readonly Source[];
  value: string;
  onChange: (value: string) => void;
}

function SourceChoice({ entry, sources, value, onChange }: ChoiceProps) {
  return (
    <Radio.Group aria-label="Source" value={value} onChange={onChange}>
      <Stack gap="xs">
        {sources.map((source) => {
          const kind = source.metadata.kind as Kind;
          const reason = reasonAgainst(entry, kind);
          return (
            <Radio.Card
              key={source.id}
              value={source.id}
              disabled={reason !== null}
              className={classes.choice ?? ""}
              data-on={value === source.id || undefined}
              aria-label={source.name}
            >
              <Radio.Indicator mt={2} disabled={reason !== null} />
              <div>
                <Group gap="xs">
                  <Text fw={500}>{source.name}</Text>
                  <Badge>{source.metadata.name}</Badge>
                </Group>
                {reason && (
                  <Text c="dimmed" fz="xs">
                    {reason}
                  </Text>
                )}
              </div>
            </Radio.Card>
          );
        })}
        <Radio.Card
          value={NEW}
          className={classes.choice ?? ""}
          data-on={value === NEW || undefined}
          aria-label="A new source"
        >
          <Radio.Indicator mt={2} />
          <Text fw={500}>A new source</Text>
        </Radio.Card>
      </Stack>
    </Radio.Group>
  );
}

function useSourceTypes(entry: Entry): { value: string; label: string }[] {
  const found = useQuery(sourceTypesQuery);
  return (found.data ?? [])
    .filter((one) => isSupported(entry, one.kind))
    .map((one) => ({ value: one.id, label: one.name }));
}

function firstChoice(
  entry: Entry,
  sources: readonly Source[],
  own: readonly Destination[],
  wanted: string | null,
): string {
  const possible = sources.filter((one) => isSupported(entry, one.metadata.kind as Kind));
  if (possible.some((one) => one.id === wanted)) return wanted ?? "";
  const free = possible.find((source) => own.every((one) => one.sourceId !== source.id));
  return (free ?? possible[0])?.id ?? NEW;
}

async function makeSource(name: string, type: string, sources: readonly Source[]): Promise<string> {
  const slug = slugFor(
    name,
    sources.map((one) => one.slug),
  );
  const { source } = await data(
    api.POST("/sources", {
      body: { name: name.trim(), slug, metadataId: type, enabled: true },
    }),
  );
  return source.id;
}
