/** Events as they come in, each with what becomes of it. */

import {
  Alert,
  Button,
  Drawer,
  Paper,
  Select,
  Text,
  TextInput,
  VisuallyHidden,
} from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import {
  IconActivity,
  IconPlayerPause,
  IconPlayerPlay,
  IconSearch,
  IconTrash,
} from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { EmptyState } from "../../parts/empty_state";
import { LoadingRows } from "../../parts/query_view";
import { StatusBadge } from "../../parts/status_badge";
import { StreamBanner } from "../../parts/stream_banner";
import classes from "./debugger.module.css";
import { filtered, type Row } from "./debugger_rows";
import { OUTCOMES } from "./entries";
import { EventDetails } from "./event_details";
import { EventList } from "./event_list";
import { useSource } from "./source_frame";
import { type Debugger, useDebugger } from "./use_debugger";

const TYPES = ["track", "identify", "page", "screen", "group", "alias"];
const STATES = Object.entries(OUTCOMES).map(([value, { label }]) => ({ value, label }));

export function DebuggerTab() {
  const { source } = useSource();
  // Another source is another debugger: nothing of one may be seen in the other.
  return <SourceDebugger key={source.id} />;
}

function SourceDebugger() {
  const { source } = useSource();
  const events = useDebugger(source.id);
  const [search, setSearch] = useSearchParams();
  const [chosenKey, setChosenKey] = useState<number | null>(null);
  const isNarrow = useMediaQuery("(max-width: 62em)", false, { getInitialValueInEffect: false });

  const text = search.get("q") ?? "";
  const eventType = search.get("type") ?? "";
  const outcome = search.get("outcome") ?? "";
  const rows = useMemo(
    () => filtered(events.rows, { text, eventType, outcome }),
    [events.rows, text, eventType, outcome],
  );
  const chosen = useMemo(
    () => (chosenKey === null ? undefined : events.rows.find((row) => row.key === chosenKey)),
    [events.rows, chosenKey],
  );
  const set = (name: string, value: string) =>
    setSearch(
      (before) => {
        if (value) before.set(name, value);
        else before.delete(name);
        return before;
      },
      { replace: true },
    );

  return (
    <>
      <div className={classes.tools}>
        <TextInput
          className={classes.search ?? ""}
          aria-label="Filter by name, user or messageId"
          placeholder="Name, user or messageId"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={text}
          onChange={(event) => set("q", event.currentTarget.value)}
        />
        <Select
          className={classes.choice ?? ""}
          aria-label="Type"
          placeholder="Every type"
          data={TYPES}
          value={eventType || null}
          onChange={(value) => set("type", value ?? "")}
          clearable
          clearButtonProps={{ "aria-label": "Every type" }}
        />
        <Select
          className={classes.choice ?? ""}
          aria-label="Outcome"
          placeholder="Every outcome"
          data={STATES}
          value={outcome || null}
          onChange={(value) => set("outcome", value ?? "")}
          clearable
          clearButtonProps={{ "aria-label": "Every outcome" }}
        />
        <PauseButton events={events} />
        <Button
          variant="subtle"
          color="gray"
          leftSection={<IconTrash size={16} aria-hidden />}
          onClick={events.clear}
          disabled={events.rows.length === 0}
        >
          Clear
        </Button>
      </div>
      <StreamBanner state={events.stream} />
      <Missed count={events.missed} />
      <Text fz="xs" c="dimmed" mb={8} component="div">
        <State events={events} shown={rows.length} />
      </Text>
      <div className={classes.columns} data-single={isNarrow || undefined}>
        <Paper className={classes.frame}>
          <Events
            events={events}
            rows={rows}
            chosenKey={chosenKey}
            onChoose={setChosenKey}
            onAll={() => setSearch({}, { replace: true })}
          />
        </Paper>
        {isNarrow ? (
          <Drawer
            opened={chosen !== undefined}
            onClose={() => setChosenKey(null)}
            position="bottom"
            size="88%"
            title="Event"
            closeButtonProps={{ "aria-label": "Close" }}
            // Its head is a header element, and the page's is the only one to be called so.
            // @ts-expect-error: the type leaves out what Mantine 8 takes here.
            attributes={{ header: { role: "presentation" } }}
          >
            {chosen && <EventDetails key={chosen.key} row={chosen} source={source} />}
          </Drawer>
        ) : (
          <Paper p="lg" className={classes.details}>
            {chosen ? (
              <EventDetails key={chosen.key} row={chosen} source={source} />
            ) : (
              <Text c="dimmed">Select an event to see its content and what happened to it.</Text>
            )}
          </Paper>
        )}
      </div>
    </>
  );
}

function PauseButton({ events }: { events: Debugger }) {
  const { isPaused, cameMeanwhile, setPaused } = events;
  const meanwhile = cameMeanwhile > 0 ? ` (${cameMeanwhile.toLocaleString()} new)` : "";
  return (
    <Button
      variant={isPaused ? "filled" : "default"}
      leftSection={
        isPaused ? (
          <IconPlayerPlay size={16} aria-hidden />
        ) : (
          <IconPlayerPause size={16} aria-hidden />
        )
      }
      onClick={() => setPaused(!isPaused)}
    >
      {isPaused ? `Resume${meanwhile}` : "Pause"}
    </Button>
  );
}

function State({ events, shown }: { events: Debugger; shown: number }) {
  const count = shown === 1 ? "1 event" : `${shown.toLocaleString()} events`;
  if (events.stream === "lost") return `${count} · not live`;
  return (
    <>
      <StatusBadge state={events.isPaused ? "warn" : "good"}>
        {events.isPaused ? "Paused" : "Live"}
      </StatusBadge>{" "}
      · {count}
      <VisuallyHidden role="status">{events.isPaused ? "Paused" : "Live"}</VisuallyHidden>
    </>
  );
}

function Missed({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <Alert color="amber" variant="outline" mb="sm" bg="var(--mantine-color-body)">
      {count.toLocaleString()} steps came too fast to be shown live. Nothing is lost: each event is
      found by its messageId, and counted in the overview.
    </Alert>
  );
}

interface EventsProps {
  events: Debugger;
  rows: readonly Row[];
  chosenKey: number | null;
  onChoose: (key: number) => void;
  onAll: () => void;
}

function Events({ events, rows, chosenKey, onChoose, onAll }: EventsProps) {
  const { source } = useSource();
  if (rows.length > 0) {
    return <EventList rows={rows} chosenKey={chosenKey} onChoose={onChoose} />;
  }
  if (events.isLoading) {
    return (
      <div style={{ padding: "8px 18px" }}>
        <LoadingRows count={6} />
      </div>
    );
  }
  if (events.rows.length > 0) {
    return (
      <EmptyState
        icon={IconSearch}
        title="No events match"
        action={{ label: "Show all events", onClick: onAll }}
      >
        Of {events.rows.length.toLocaleString()} events none fits the filter.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={IconActivity}
      title="Waiting for events"
      action={{ label: "Set it up, or send a test event", to: `/sources/${source.id}/setup` }}
    >
      Events from this source show up here within a second.
    </EmptyState>
  );
}
