/** Connecting a destination: which, how it is set up, and how it is told. */

import {
  Button,
  Group,
  NumberInput,
  Paper,
  Radio,
  Select,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, data } from "../../api/client";
import { ApiError } from "../../api/errors";
import { catalogQuery, destinationsQuery, sourcesQuery } from "../../api/queries";
import { ErrorState } from "../../parts/error_state";
import { QueryView } from "../../parts/query_view";
import { SettingField } from "../../parts/setting_field";
import { tell } from "../../parts/tell";
import { useLoaded } from "./audience";
import { InBrowser, isInBrowser } from "./in_browser";
import { connect, connectNew, type Output, type Told } from "./queries";
import { useChanged } from "./use_change";

type Call = Output["sends"][number];
const NEW = "new:";

export function Connect({ onDone }: { onDone: () => void }) {
  const catalog = useQuery(catalogQuery);
  return <QueryView query={catalog}>{() => <Form onDone={onDone} />}</QueryView>;
}

function Form({ onDone }: { onDone: () => void }) {
  const { one, kind } = useLoaded();
  const changed = useChanged(kind);
  const { data: catalog = [] } = useQuery(catalogQuery);
  const { data: all = [] } = useQuery(destinationsQuery);
  const { data: sources = [] } = useQuery(sourcesQuery);
  const [chosen, setChosen] = useState<string | null>(null);
  const [settings, setSettings] = useState<Record<string, unknown>>({});
  const isOfUsers = one.definition.type === "USERS";
  const [call, setCall] = useState<Call>(isOfUsers ? "identify" : "group");
  const [entered, setEntered] = useState("Audience Entered");
  const [exited, setExited] = useState("Audience Exited");
  const [computed, setComputed] = useState("Trait Computed");
  const [rate, setRate] = useState<number | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const taken = new Set(one.destinations.map((output) => output.destinationId));
  const known = all.filter((each) => each.sourceId === one.sourceId && !taken.has(each.id));
  // A vendor's script in a browser is sent nothing; but one may ask of the user who is there.
  const browsers = isOfUsers ? all.filter((each) => isInBrowser(each) && !taken.has(each.id)) : [];
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

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!chosen) return;
    const told: Told = {
      sends: [browser ? "identify" : call],
      enteredEvent: entered,
      exitedEvent: exited,
      computedEvent: computed,
      perSecondMax: browser ? null : rate,
    };
    setBusy(true);
    setError(null);
    try {
      if (entry) await connectNew(kind, one.id, { ...told, metadataId: entry.id, settings });
      else await connect(kind, one.id, chosen, told);
      await changed();
      tell(
        browser
          ? "Connected. It is told with the next identify in the browser."
          : "Connected. Everybody who is in it is sent once, then only changes.",
      );
      onDone();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
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
                group: "New",
                items: entries.map((each) => ({ value: NEW + each.slug, label: each.name })),
              },
            ]}
            value={chosen}
            onChange={(value) => {
              setChosen(value);
              setSettings({});
              setError(null);
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
              <Radio.Group
                label="What is sent"
                value={call}
                onChange={(value) => setCall(value as Call)}
              >
                <Stack gap="xs" mt={6}>
                  {isOfUsers ? (
                    <>
                      <Radio
                        value="identify"
                        label="Identify"
                        description={`Sets the trait ${one.key} of each user.`}
                      />
                      <Radio
                        value="track"
                        label="Track"
                        description={
                          kind === "audience"
                            ? "An event when somebody gets in, and one when they leave."
                            : "An event whenever the value is another."
                        }
                      />
                    </>
                  ) : (
                    <>
                      <Radio
                        value="group"
                        label="Group"
                        description={`Sets the trait ${one.key} of each account.`}
                      />
                      <Radio
                        value="identify"
                        label="Identify"
                        description="Sets it of each user of the account."
                      />
                    </>
                  )}
                </Stack>
              </Radio.Group>
              {call === "track" && kind === "audience" && (
                <Group grow align="flex-start">
                  <TextInput
                    label="Event when somebody gets in"
                    value={entered}
                    required
                    onChange={(event) => setEntered(event.currentTarget.value)}
                  />
                  <TextInput
                    label="Event when somebody leaves"
                    value={exited}
                    required
                    onChange={(event) => setExited(event.currentTarget.value)}
                  />
                </Group>
              )}
              {call === "track" && kind === "computed_trait" && (
                <TextInput
                  label="Name of the event"
                  value={computed}
                  required
                  onChange={(event) => setComputed(event.currentTarget.value)}
                />
              )}
              <NumberInput
                label="At most so many a second"
                description="Leave it empty to send as fast as the destination takes it."
                value={rate ?? ""}
                min={0.1}
                maw={260}
                onChange={(value) => setRate(value === "" ? null : Number(value))}
              />
              <Text fz="sm" c="dimmed">
                {one.size === 0
                  ? "Nobody is in it at the moment. Whoever gets in is sent within seconds."
                  : `The first sync sends all ${one.size.toLocaleString()} once; afterwards only changes go out, within seconds.`}
              </Text>
            </>
          )}
          {error !== null && <ErrorState error={error} />}
          <Group>
            <Button type="submit" loading={isBusy} disabled={!chosen}>
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
