/** One destination of the catalog: everything its definition says, for who decides about it. */

import {
  Accordion,
  Anchor,
  Badge,
  Button,
  Code,
  Group,
  Paper,
  Stack,
  Table,
  Text,
  Title,
} from "@mantine/core";
import { IconCheck, IconExternalLink, IconMinus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, Navigate, useParams, useSearchParams } from "react-router";
import { catalogQuery, destinationsQuery } from "../../api/queries";
import { useMay } from "../../api/roles";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { LoadingRows, QueryView } from "../../parts/query_view";
import classes from "./catalog.module.css";
import {
  defaultInWords,
  type Entry,
  inOrder,
  KIND_WORDS,
  KINDS,
  MODE_HELP,
  MODE_WORDS,
  meantBy,
  whereItRuns,
} from "./entries";

export function EntryPage() {
  const { slug } = useParams();
  const catalog = useQuery(catalogQuery);
  // What is connected already stands above the rest, and would push it down.
  const isWaiting = useQuery(destinationsQuery).isPending;
  return (
    <QueryView query={catalog}>
      {(entries) => {
        const entry = entries.find((one) => one.slug === slug || one.id === slug);
        if (entry && isWaiting) return <LoadingRows />;
        return entry ? <Details entry={entry} all={entries} /> : <Unknown entries={entries} />;
      }}
    </QueryView>
  );
}

/** Where a slug leads that no destination has: to what it may mean, else to all of them. */
export function Unknown({ entries, below = "" }: { entries: readonly Entry[]; below?: string }) {
  const { slug = "" } = useParams();
  const [parameters] = useSearchParams();
  const [only, ...others] = meantBy(entries, slug);
  if (only) {
    const wanted = new URLSearchParams(parameters);
    if (others.length > 0) wanted.set("search", slug);
    const path = others.length > 0 ? "/catalog" : `/catalog/${only.slug}${below}`;
    return <Navigate to={{ pathname: path, search: wanted.toString() }} replace />;
  }
  return (
    <>
      <PageHeader title="Catalog" />
      <EmptyState
        icon={IconMinus}
        title="This destination is not in the catalog"
        action={{ label: "Show all destinations", to: "/catalog" }}
      >
        It may have another name, or its package is not installed on this server.
      </EmptyState>
    </>
  );
}

function Details({ entry, all }: { entry: Entry; all: readonly Entry[] }) {
  const [parameters] = useSearchParams();
  const source = parameters.get("source");
  const way = source ? `?source=${encodeURIComponent(source)}` : "";
  const siblings = inOrder(all).filter((one) => one.vendor === entry.vendor && one.id !== entry.id);
  const canEdit = useMay("editor");
  const connections = useQuery(destinationsQuery);
  const own = connections.data?.filter((one) => one.metadata.id === entry.id) ?? [];
  return (
    <>
      <PageHeader
        title={entry.name}
        breadcrumbs={[{ label: "Catalog", to: "/catalog" }]}
        badge={<Badge>{MODE_WORDS[entry.mode]}</Badge>}
        description={
          <>
            <Text span fw={500} fz="inherit" c="var(--mantine-color-text)">
              {whereItRuns(entry)}
            </Text>{" "}
            {entry.description}{" "}
            {entry.website && (
              <Anchor
                href={entry.website}
                target="_blank"
                rel="noreferrer noopener"
                fz="inherit"
                underline="always"
              >
                Website <IconExternalLink size={13} aria-hidden />
              </Anchor>
            )}
          </>
        }
        actions={
          canEdit ? (
            <Button component={Link} to={`/catalog/${entry.slug}/connect${way}`}>
              Configure
            </Button>
          ) : (
            <Text c="dimmed">Ask an editor of the workspace to connect it.</Text>
          )
        }
      />
      <Stack gap="xl">
        {siblings.length > 0 && <Choice entry={entry} siblings={siblings} way={way} />}
        {own.length > 0 && (
          <Text>
            Connected as{" "}
            {own.map((one, index) => (
              <span key={one.id}>
                {index > 0 && ", "}
                <Anchor component={Link} to={`/destinations/${one.id}`} underline="always">
                  {one.name}
                </Anchor>
              </span>
            ))}
            .
          </Text>
        )}
        <ConnectionModes entry={entry} />
        <Settings entry={entry} />
        <Presets entry={entry} />
        <Actions entry={entry} />
        <Troubleshooting entry={entry} />
      </Stack>
    </>
  );
}

/** Which of a vendor's destinations to choose, on the page of each. */
function Choice({
  entry,
  siblings,
  way,
}: {
  entry: Entry;
  siblings: readonly Entry[];
  way: string;
}) {
  return (
    <Paper p="md" component="section" aria-label="Which one to choose">
      <Stack gap={6}>
        <Text>
          <b>{entry.name}</b> (this one): {entry.suits}
        </Text>
        {siblings.map((one) => (
          <Text key={one.id}>
            <Anchor component={Link} to={`/catalog/${one.slug}${way}`} underline="always">
              {one.name}
            </Anchor>
            : {one.suits}
          </Text>
        ))}
      </Stack>
    </Paper>
  );
}

interface SectionProps {
  title: string;
  note?: string;
  /** Its table has more to say than a small screen has room for. */
  isWide?: boolean;
  children: ReactNode;
}

function Section({ title, note, isWide, children }: SectionProps) {
  return (
    <section>
      <Title order={2}>{title}</Title>
      {note && <Text c="dimmed">{note}</Text>}
      <Paper
        mt="sm"
        data-wide={isWide || undefined}
        className={classes.scroll ?? ""}
        tabIndex={0}
        role="region"
        aria-label={title}
      >
        {children}
      </Paper>
    </section>
  );
}

export function ConnectionModes({ entry }: { entry: Entry }) {
  return (
    <Section title="Connection modes" note={MODE_HELP[entry.mode]}>
      <Table verticalSpacing="xs" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Source</Table.Th>
            <Table.Th>Device mode</Table.Th>
            <Table.Th>Cloud mode</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {KINDS.map((kind) => (
            <Table.Tr key={kind}>
              <Table.Td>{KIND_WORDS[kind]}</Table.Td>
              <Table.Td>
                <Yes is={entry.connectionModes[kind]?.device ?? false} />
              </Table.Td>
              <Table.Td>
                <Yes is={entry.connectionModes[kind]?.cloud ?? false} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}

function Yes({ is }: { is: boolean }) {
  return (
    <Group gap={6} c={is ? undefined : "dimmed"}>
      {is ? (
        <IconCheck size={16} color="var(--app-good)" aria-hidden />
      ) : (
        <IconMinus size={16} aria-hidden />
      )}
      {is ? "Yes" : "No"}
    </Group>
  );
}

function Settings({ entry }: { entry: Entry }) {
  return (
    <Section title="Settings" isWide>
      <Table verticalSpacing="xs" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Setting</Table.Th>
            <Table.Th>What it is for</Table.Th>
            <Table.Th>Default</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entry.options.map((option) => (
            <Table.Tr key={option.name}>
              <Table.Td>
                <Text fw={500}>{option.label}</Text>
                <Text c="dimmed" fz="xs">
                  {[
                    option.choices.length > 0 ? "choice" : option.type,
                    option.required && "required",
                    option.isSecret && "secret",
                  ]
                    .filter(Boolean)
                    .join(", ")}
                </Text>
              </Table.Td>
              <Table.Td>{option.description}</Table.Td>
              <Table.Td>
                {defaultInWords(option.defaultValue) && (
                  <Code>{defaultInWords(option.defaultValue)}</Code>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}

function Presets({ entry }: { entry: Entry }) {
  if (entry.presets.length === 0) return null;
  const actions = new Map(entry.actions.map((action) => [action.id, action.name]));
  return (
    <Section
      title="Presets"
      isWide
      note="Mappings that a new destination starts with. Each can be changed or switched off."
    >
      <Table verticalSpacing="xs" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Preset</Table.Th>
            <Table.Th>Trigger</Table.Th>
            <Table.Th>Action</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entry.presets.map((preset) => (
            <Table.Tr key={preset.name}>
              <Table.Td>{preset.name}</Table.Td>
              <Table.Td>
                <Code>{preset.trigger}</Code>
              </Table.Td>
              <Table.Td>{actions.get(preset.actionId)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}

function Actions({ entry }: { entry: Entry }) {
  if (entry.actions.length === 0) {
    return (
      <section>
        <Title order={2}>Actions</Title>
        <Text c="dimmed">
          {entry.name} takes identify, group, page and track calls as they are; there is nothing to
          map.
        </Text>
      </section>
    );
  }
  return (
    <section>
      <Title order={2}>Actions</Title>
      <Text c="dimmed">What it can do with an event, and the fields of each.</Text>
      <Accordion
        variant="contained"
        radius="lg"
        mt="sm"
        order={3}
        classNames={{ item: classes.item ?? "" }}
      >
        {entry.actions.map((action) => (
          <Accordion.Item key={action.id} value={action.id}>
            <Accordion.Control>
              <Text fw={600}>{action.name}</Text>
              <Text c="dimmed">{action.description}</Text>
            </Accordion.Control>
            <Accordion.Panel>
              <section
                data-wide
                className={classes.scroll}
                // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by key.
                tabIndex={0}
                aria-label={`Fields of ${action.name}`}
              >
                <Table verticalSpacing="xs">
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Field</Table.Th>
                      <Table.Th>Default</Table.Th>
                      <Table.Th>What it is</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {action.fields.map((field) => (
                      <Table.Tr key={field.id}>
                        <Table.Td>
                          <Text fw={500}>{field.label}</Text>
                          <Text c="dimmed" fz="xs">
                            {field.type.toLowerCase()}
                            {field.required && ", required"}
                          </Text>
                        </Table.Td>
                        <Table.Td>
                          {defaultInWords(field.defaultValue) && (
                            <Code>{defaultInWords(field.defaultValue)}</Code>
                          )}
                        </Table.Td>
                        <Table.Td>{field.description}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </section>
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </section>
  );
}

export function Troubleshooting({ entry }: { entry: Entry }) {
  if (entry.explanations.length === 0) return null;
  return (
    <section>
      <Title order={2}>If something is wrong</Title>
      <Accordion
        variant="contained"
        radius="lg"
        mt="sm"
        order={3}
        classNames={{ item: classes.item ?? "" }}
      >
        {entry.explanations.map((one) => (
          <Accordion.Item key={one.code} value={one.code}>
            <Accordion.Control>{one.symptom || one.what}</Accordion.Control>
            <Accordion.Panel>
              <Text>{one.what}</Text>
              <Text mt={4}>
                <b>What to do:</b> {one.do}
              </Text>
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </section>
  );
}
