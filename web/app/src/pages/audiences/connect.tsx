/** Connecting a destination: which, how it is set up, and how it is told. */

import { Button, Group, Paper, Select, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, data } from "../../api/client";
import { ApiError } from "../../api/errors";
import { catalogQuery, destinationsQuery, sourcesQuery } from "../../api/queries";
import type { components } from "../../api/schema";
import { useDeed } from "../../parts/deed";
import { ErrorState } from "../../parts/error_state";
import { FreshView, QueryView } from "../../parts/query_view";
import { SettingField } from "../../parts/setting_field";
import { tell } from "../../parts/tell";
import { useLoaded } from "./audience";
import { InBrowser, isInBrowser } from "./in_browser";
import { isWhole, newDraft } from "./output_draft";
import { OutputFields } from "./output_fields";
import { connect, connectNew } from "./queries";
import { useChanged } from "./use_change";

type Schemas = components["schemas"];

const NEW = "new:";

/** All there is to choose from comes before the choice: nothing moves under the pointer. */
export function Connect({ onDone }: { onDone: () => void }) {
  const catalog = useQuery(catalogQuery);
  const destinations = useQuery(destinationsQuery);
  const sources = useQuery(sourcesQuery);
  return (
    <QueryView query={catalog}>
      {(entries) => (
        <FreshView query={destinations}>
          {(all) => (
            <QueryView query={sources}>
              {(found) => <Form catalog={entries} all={all} sources={found} onDone={onDone} />}
            </QueryView>
          )}
        </FreshView>
      )}
    </QueryView>
  );
}

interface FormProps {
  catalog: readonly Schemas["DestinationMetadata"][];
  all: readonly Schemas["DestinationShape"][];
  sources: readonly Schemas["SourceShape"][];
  onDone: () => void;
}

function Form({ catalog, all, sources, onDone }: FormProps) {
  const { one, kind } = useLoaded();
  const changed = useChanged(kind);
  const [chosen, setChosen] = useState<string | null>(null);
  const [settings, setSettings] = useState<Record<string, unknown>>({});
  const [draft, setDraft] = useState(() => newDraft(one.definition.type));
  const deed = useDeed();
  const { isBusy, error } = deed;

  const taken = new Set(one.destinations.map((output) => output.destinationId));
  const known = all.filter((each) => each.sourceId === one.sourceId && !taken.has(each.id));
  // A vendor's script in a browser is sent nothing; but one may ask of the user who is there.
  const browsers =
    one.definition.type === "USERS"
      ? all.filter((each) => isInBrowser(each) && !taken.has(each.id))
      : [];
  const browser = browsers.find((each) => each.id === chosen);
  const entries = catalog.filter((entry) => entry.mode === "cloud");
  const entry = chosen?.startsWith(NEW)
    ? entries.find((each) => each.slug === chosen.slice(NEW.length))
    : undefined;
  const sandbox = useQuery({
    queryKey: ["sandbox", entry?.slug],
    queryFn: () =>
      data(
        api.GET("/catalog/destinations/{metadata_id}/sandbox", {
          params: { path: { metadata_id: entry?.slug ?? "" } },
        }),
      ),
    enabled: entry !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const messages = error instanceof ApiError ? error.messagesByField() : {};

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!chosen || !isWhole(draft)) return;
    void deed.run(async () => {
      if (entry) await connectNew(kind, one.id, { ...draft, metadataId: entry.id, settings });
      else await connect(kind, one.id, chosen, browser ? newDraft(one.definition.type) : draft);
      await changed();
      tell(
        browser
          ? "Connected. It is told with the next identify in the browser."
          : "Connected. Everybody who is in it is sent once, then only changes.",
      );
      onDone();
    });
  };

  return (
    <Paper p="lg" component="section" aria-label="Connect a destination">
      <form onSubmit={submit}>
        <Stack maw={640}>
          <Title order={2}>Connect a destination</Title>
          <Select
            label="Destination"
            placeholder="Choose where it is sent"
            searchable
            required
            data-autofocus
            autoFocus
            data={[
              ...(known.length > 0
                ? [
                    {
                      group: "Set up already",
                      items: known.map((each) => ({ value: each.id, label: each.name })),
                    },
                  ]
                : []),
              ...(browsers.length > 0
                ? [
                    {
                      group: "In the browser",
                      items: browsers.map((each) => ({
                        value: each.id,
                        label: `${each.name} in the browser (${
                          sources.find((source) => source.id === each.sourceId)?.name ?? each.slug
                        })`,
                      })),
                    },
                  ]
                : []),
              {
                group: "Set up now",
                items: entries.map((each) => ({ value: NEW + each.slug, label: each.name })),
              },
            ]}
            value={chosen}
            onChange={(value) => {
              setChosen(value);
              setSettings({});
              deed.clear();
            }}
          />
          {sandbox.data?.settings && (
            <Group gap="sm">
              <Text fz="sm">No account yet? This server has a stand-in to try it with.</Text>
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => setSettings({ ...settings, ...sandbox.data?.settings })}
              >
                Fill in the sandbox's settings
              </Button>
            </Group>
          )}
          {entry?.options.map((option) => (
            <SettingField
              key={option.name}
              option={option}
              value={settings[option.name]}
              error={messages[`settings.${option.name}`]}
              onChange={(value) => setSettings((all) => ({ ...all, [option.name]: value }))}
            />
          ))}
          {browser ? (
            <InBrowser destination={browser} />
          ) : (
            <>
              <OutputFields draft={draft} onChange={setDraft} messages={messages} />
              <Text fz="sm" c="dimmed">
                {one.size === 0
                  ? "Nobody is in it at the moment. Whoever gets in is sent within seconds."
                  : `The first sync sends all ${one.size.toLocaleString()} once; afterwards only changes go out, within seconds.`}
              </Text>
            </>
          )}
          {error !== null && <ErrorState error={error} again="Connect" />}
          <Group>
            <Button type="submit" loading={isBusy} disabled={!chosen || !isWhole(draft)}>
              Connect
            </Button>
            <Button variant="subtle" onClick={onDone}>
              Cancel
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}
