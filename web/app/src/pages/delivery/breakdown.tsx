/** One step, taken apart: when, why, which events, by which mapping. */

import { Anchor, Paper, Stack, Tabs, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, data } from "../../api/client";
import { type Column, DataTable } from "../../parts/data_table";
import { QueryView } from "../../parts/query_view";
import { eventsLink } from "../events/link";
import { BarChart } from "./bar_chart";
import type { Grain, Period } from "./period";
import { breakdownQuery, type Dataset, type Overview, type Scope } from "./queries";
import { reasonInWords } from "./reasons";
import { percent, type Step } from "./steps";

interface Props {
  step: Step;
  scope: Scope;
  period: Period;
  grain: Grain;
  overview: Overview | undefined;
}

const TABLE_HEIGHT = 380;

export function Breakdown({ step, scope, period, grain, overview }: Props) {
  const breakdown = useQuery(breakdownQuery(step, scope, period, grain));
  // Until one is chosen: the reasons, also if they come later than the rest.
  const [tab, setTab] = useState<string | null>(null);
  const id = scope.destinationId;
  const mappings = useQuery({
    queryKey: ["subscriptions", id],
    enabled: id !== undefined && !step.isOfSource,
    queryFn: async () =>
      (
        await data(
          api.GET("/destinations/{destination_id}/subscriptions", {
            params: {
              path: { destination_id: id ?? "" },
              query: { "pagination[count]": 200 },
            },
          }),
        )
      ).subscriptions,
  });
  const names = new Map(mappings.data?.map((one) => [one.id, one.name]));

  return (
    <Paper p="lg" component="section" aria-label={step.label}>
      <Title order={2}>{step.label}</Title>
      <Text c="dimmed" mb="md">
        {step.what}
      </Text>
      {overview && (
        <BarChart
          counts={overview.counts[step.name]}
          range={overview.range}
          grain={grain}
          state={step.state}
          label={`${step.label} ${period.words}`}
        />
      )}
      <QueryView query={breakdown}>
        {({ reasons, events, mappings: byMapping, range }) => {
          const total = events.reduce((sum, set) => sum + set.total, 0);
          if (total === 0) {
            return (
              <Text c="dimmed" mt="lg">
                Nothing {period.words}.
              </Text>
            );
          }
          const link = (more: Record<string, string | null | undefined>) =>
            eventsLink({
              sourceId: scope.sourceId,
              destinationId: step.isOfSource ? undefined : scope.destinationId,
              step: step.ledgerStep,
              from: new Date(range[0]).toISOString(),
              to: new Date(range[1]).toISOString(),
              ...more,
            });
          const hasReasons = reasons.some((set) => set.discardReason);
          return (
            <Tabs
              value={tab ?? (hasReasons ? "reasons" : "events")}
              onChange={setTab}
              mt="lg"
              keepMounted={false}
            >
              <Tabs.List mb="md">
                {hasReasons && <Tabs.Tab value="reasons">Reasons</Tabs.Tab>}
                <Tabs.Tab value="events">Events</Tabs.Tab>
                {byMapping.some((set) => set.subscriptionId) && (
                  <Tabs.Tab value="mappings">Mappings</Tabs.Tab>
                )}
              </Tabs.List>
              <Tabs.Panel value="reasons">
                <Groups
                  label="Reasons"
                  head="Reason"
                  sets={reasons}
                  total={total}
                  nameOf={(set) => reasonInWords(set.discardReason)}
                  to={(set) => link({ reason: set.discardReason, step: step.ledgerStep })}
                />
              </Tabs.Panel>
              <Tabs.Panel value="events">
                <Groups
                  label="Events"
                  head="Event"
                  sets={events}
                  total={total}
                  nameOf={eventNameOf}
                  to={(set) => link({ eventName: set.eventName, eventType: set.eventType })}
                />
              </Tabs.Panel>
              <Tabs.Panel value="mappings">
                <Groups
                  label="Mappings"
                  head="Mapping"
                  sets={byMapping}
                  total={total}
                  nameOf={(set) =>
                    set.subscriptionId
                      ? (names.get(set.subscriptionId) ??
                        (mappings.isLoading ? "…" : "A mapping that was deleted"))
                      : "Before any mapping"
                  }
                />
              </Tabs.Panel>
            </Tabs>
          );
        }}
      </QueryView>
    </Paper>
  );
}

function eventNameOf({ eventName, eventType }: Dataset): string {
  if (!eventName) return eventType || "unknown";
  return eventType === "track" ? eventName : `${eventType}: ${eventName}`;
}

interface GroupsProps {
  label: string;
  head: string;
  sets: readonly Dataset[];
  total: number;
  nameOf: (set: Dataset) => string;
  to?: (set: Dataset) => string;
}

function Groups({ label, head, sets, total, nameOf, to }: GroupsProps) {
  const columns: Column<Dataset>[] = [
    {
      key: "name",
      label: head,
      width: "minmax(0, 3fr)",
      sortBy: nameOf,
      render: (set) =>
        to ? (
          <Anchor component={Link} to={to(set)} fz="sm">
            {nameOf(set)}
          </Anchor>
        ) : (
          nameOf(set)
        ),
    },
    {
      key: "total",
      label: "Count",
      align: "right",
      sortBy: (set) => set.total,
      render: (set) => set.total.toLocaleString(),
    },
    {
      key: "share",
      label: "Share",
      align: "right",
      render: (set) => percent(total === 0 ? 0 : set.total / total),
    },
  ];
  return (
    <Stack gap="xs">
      <DataTable
        label={label}
        columns={columns}
        rows={sets}
        rowKey={(set) => `${nameOf(set)} ${set.subscriptionId} ${set.discardReason}`}
        {...(to ? { to } : {})}
        maxHeight={TABLE_HEIGHT}
      />
      {to && (
        <Text fz="xs" c="dimmed">
          Choose a line to see the events behind it.
        </Text>
      )}
    </Stack>
  );
}
