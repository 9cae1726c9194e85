/** A new replay: count first, then send. */

import {
  Alert,
  Button,
  Group,
  NumberInput,
  Paper,
  Select,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconInfoCircle, IconPlugConnected } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { api, data } from "../../api/client";
import { destinationsQuery } from "../../api/queries";
import { useMay } from "../../api/roles";
import { EmptyState } from "../../parts/empty_state";
import { ErrorState } from "../../parts/error_state";
import { PageHeader } from "../../parts/page_header";
import { FreshView } from "../../parts/query_view";
import { useSave } from "../../parts/save";
import { tell } from "../../parts/tell";
import { useUnsavedGuard } from "../../parts/unsaved_guard";
import { type Connection, isCloudMode, type Replay, replaysQuery } from "./queries";
import { Counts } from "./replay_counts";
import { asField, fromField, type Order, problemsOf } from "./replay_order";

const HOUR_MS = 3_600_000;
const QUICK: readonly [string, number][] = [
  ["Last hour", HOUR_MS],
  ["Last 24 hours", 24 * HOUR_MS],
  ["Last 7 days", 7 * 24 * HOUR_MS],
];
const RATE = 100;
const RATE_MAX = 10_000;
const FIELDS: Record<string, string> = { startTime: "from", endTime: "to" };

export function NewReplayPage() {
  const connections = useQuery(destinationsQuery);
  const mayEdit = useMay("editor");
  return (
    <>
      <PageHeader
        title="New replay"
        breadcrumbs={[{ label: "Replay", to: "/delivery/replay" }]}
        description="You see how much would be sent before anything is sent."
      />
      <FreshView query={connections}>
        {(all) => {
          const own = all.filter((one) => isCloudMode(one) && one.enabled);
          if (!mayEdit) {
            return (
              <EmptyState
                icon={IconInfoCircle}
                title="You need to be an editor to start a replay"
                action={{ label: "See earlier replays", to: "/delivery/replay" }}
              >
                Ask an owner of the workspace to do it, or to give you the role.
              </EmptyState>
            );
          }
          if (own.length === 0) {
            return (
              <EmptyState
                icon={IconPlugConnected}
                title="No cloud-mode destination is enabled"
                action={{ label: "Choose a destination", to: "/catalog" }}
              >
                A replay sends from the server; what runs in the browser cannot be sent again.
              </EmptyState>
            );
          }
          return <ReplayForm connections={own} />;
        }}
      </FreshView>
    </>
  );
}

function ReplayForm({ connections }: { connections: Connection[] }) {
  const client = useQueryClient();
  const [parameters] = useSearchParams();
  const [counted, setCounted] = useState<{ order: string; replay: Replay } | null>(null);
  const wanted = connections.find((one) => one.id === parameters.get("destination"));
  const form = useForm<Order & Record<string, unknown>>({
    initialValues: {
      destinationId: wanted?.id ?? (connections.length === 1 ? (connections[0]?.id ?? "") : ""),
      from: asField(Date.now() - HOUR_MS),
      to: asField(Date.now() + 60_000),
      filter: "",
      ratePerSecond: RATE,
    },
    validate: (values) => problemsOf(values),
  });
  const save = useSave(form, (field) => FIELDS[field] ?? field);
  const leave = useUnsavedGuard(form.isDirty());
  const current = JSON.stringify(form.values);
  const count = counted?.order === current ? counted.replay : null;

  const order = async (isDryRun: boolean): Promise<Replay> => {
    const { values } = form;
    const connection = connections.find((one) => one.id === values.destinationId);
    const { replay } = await data(
      api.POST("/replays", {
        body: {
          sourceId: connection?.sourceId ?? "",
          destinationId: values.destinationId,
          startTime: fromField(values.from),
          endTime: fromField(values.to),
          filter: values.filter.trim(),
          ratePerSecond: Number(values.ratePerSecond),
          dryRun: isDryRun,
        },
      }),
    );
    return replay;
  };
  const countFirst = () =>
    save.run(async () => {
      const replay = await until(await order(true));
      setCounted({ order: current, replay });
    });
  const start = () =>
    save.run(async () => {
      await order(false);
      void client.invalidateQueries({ queryKey: replaysQuery.queryKey });
      tell("Replay started.");
      await leave("/delivery/replay");
    });
  const quick = (ms: number) =>
    form.setValues({ from: asField(Date.now() - ms), to: asField(Date.now() + 60_000) });

  return (
    // Enter only ever counts, and so does a second press of the button: to send takes another one.
    <form onSubmit={form.onSubmit(() => void countFirst())}>
      <Stack maw={640} gap="lg">
        <Select
          label="Destination"
          placeholder="Choose one"
          required
          searchable
          data={connections.map(({ id, name }) => ({ value: id, label: name }))}
          {...form.getInputProps("destinationId")}
        />
        <div>
          <Group gap="md" align="flex-start" grow>
            <TextInput
              type="datetime-local"
              label="From"
              required
              miw={236}
              {...form.getInputProps("from")}
            />
            <TextInput
              type="datetime-local"
              label="To"
              required
              miw={236}
              {...form.getInputProps("to")}
            />
          </Group>
          <Group gap={6} mt={8}>
            {QUICK.map(([label, ms]) => (
              <Button key={label} size="compact-xs" variant="default" onClick={() => quick(ms)}>
                {label}
              </Button>
            ))}
            <Text fz="xs" c="dimmed">
              When events were accepted, in your time zone.
            </Text>
          </Group>
        </div>
        <TextInput
          label="Only events where"
          description="An FQL condition, as in triggers. Leave empty for all events."
          placeholder={'event = "Order Completed"'}
          spellCheck={false}
          {...form.getInputProps("filter")}
        />
        <NumberInput
          label="Maximum per second"
          description="Limits deliveries so that the destination is not overloaded."
          min={1}
          max={RATE_MAX}
          maw={220}
          {...form.getInputProps("ratePerSecond")}
        />
        {save.error !== null && (
          <ErrorState error={save.error} again={count ? "Count again" : "Count first"} />
        )}
        {count && (
          <Paper p="md" role="status">
            <Text fw={600}>
              {count.deliveryCount === 0
                ? "Nothing would be sent"
                : `${count.deliveryCount.toLocaleString()} ${count.deliveryCount === 1 ? "delivery" : "deliveries"} would be made`}
            </Text>
            <Counts replay={count} />
            {count.state === "running" && (
              <Text fz="sm" c="dimmed" mt="xs">
                Still counting. You can follow it under Replay.
              </Text>
            )}
          </Paper>
        )}
        {count && count.deliveryCount > 0 && (
          <Alert
            color="amber"
            variant="outline"
            icon={<IconInfoCircle />}
            title="Events may arrive twice"
          >
            What the destination got before, it gets again, with another idempotency key. Most tell
            by the messageId that they have it already.
          </Alert>
        )}
        <Group>
          <Button type="submit" loading={save.isBusy} variant={count ? "default" : "filled"}>
            {count ? "Count again" : "Count first"}
          </Button>
          {count && (
            <Button
              onClick={() => void start()}
              disabled={save.isBusy || count.deliveryCount === 0}
            >
              {`Replay ${count.deliveryCount.toLocaleString()}`}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

const ASK_MS = 1_000;
const ASKS_MAX = 60;

/** Waits until a dry run has ended; a very long one goes on without us. */
async function until(replay: Replay): Promise<Replay> {
  let found = replay;
  for (let asks = 0; found.state === "running" && asks < ASKS_MAX; asks += 1) {
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
    found = (
      await data(api.GET("/replays/{replay_id}", { params: { path: { replay_id: found.id } } }))
    ).replay;
  }
  return found;
}
