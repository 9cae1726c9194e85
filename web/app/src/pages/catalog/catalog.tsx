/** Every destination that can be connected. */

import { Badge, Group, Paper, SegmentedControl, Text, TextInput, Title } from "@mantine/core";
import { IconApps, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "react-router";
import { catalogQuery, destinationsQuery } from "../../api/queries";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { StatusBadge } from "../../parts/status_badge";
import classes from "./catalog.module.css";
import { categoriesOf, inOrder, MODE_WORDS, search, whereItRuns } from "./entries";
import { Logo } from "./logo";

const ALL = "All";

export function CatalogPage() {
  const catalog = useQuery(catalogQuery);
  const connections = useQuery(destinationsQuery);
  // In the address, so that going back finds the list as it was.
  const [parameters, setParameters] = useSearchParams();
  const text = parameters.get("search") ?? "";
  const category = parameters.get("category");
  // Who comes from a source connects that one.
  const source = parameters.get("source");
  const way = source ? `?source=${encodeURIComponent(source)}` : "";
  const set = (name: string, value: string) =>
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        if (value) next.set(name, value);
        else next.delete(name);
        return next;
      },
      { replace: true },
    );

  return (
    <>
      <PageHeader
        title="Catalog"
        description="Destinations your events can go to. Choose one to see what it does and to connect it."
      />
      <QueryView query={catalog}>
        {(entries) => {
          const shown = inOrder(search(entries, text, category));
          return (
            <>
              <Group mb="md" gap="sm">
                <TextInput
                  aria-label="Search the catalog"
                  placeholder="Search by name or purpose"
                  type="search"
                  leftSection={<IconSearch size={16} aria-hidden />}
                  value={text}
                  onChange={(event) => set("search", event.currentTarget.value)}
                  flex="1 1 240px"
                  maw={420}
                  autoFocus
                />
                {categoriesOf(entries).length > 1 && (
                  <SegmentedControl
                    aria-label="Category"
                    size="sm"
                    data={[ALL, ...categoriesOf(entries)]}
                    value={category ?? ALL}
                    onChange={(value) => set("category", value === ALL ? "" : value)}
                  />
                )}
              </Group>
              {shown.length === 0 ? (
                <EmptyState
                  icon={IconApps}
                  title="No destination matches"
                  action={{
                    label: "Show all destinations",
                    onClick: () => setParameters(source ? { source } : {}),
                  }}
                >
                  Is yours not here? Webhook sends events to any URL.
                </EmptyState>
              ) : (
                <ul className={classes.grid}>
                  {shown.map((entry) => {
                    const count = connections.data?.filter(
                      (one) => one.metadata.id === entry.id,
                    ).length;
                    return (
                      <li key={entry.id}>
                        <Paper
                          component={Link}
                          to={`/catalog/${entry.slug}${way}`}
                          className={classes.card ?? ""}
                        >
                          <Group gap="sm" wrap="nowrap">
                            <Logo name={entry.name} />
                            <Title order={2} fz="md">
                              {entry.name}
                            </Title>
                          </Group>
                          <Text fw={500}>{whereItRuns(entry)}</Text>
                          <Text c="dimmed">{entry.description}</Text>
                          {entry.suits && <Text fz="sm">{entry.suits}</Text>}
                          <div className={classes.foot}>
                            <Badge>{MODE_WORDS[entry.mode]}</Badge>
                            {entry.categories?.map((one) => (
                              <Badge key={one}>{one}</Badge>
                            ))}
                            {count ? (
                              <StatusBadge state="good">{`${count} connected`}</StatusBadge>
                            ) : null}
                          </div>
                        </Paper>
                      </li>
                    );
                  })}
                </ul>
              )}
            </>
          );
        }}
      </QueryView>
    </>
  );
}
