/** The first visit: make a source, send an event, see it arrive, connect a destination. */

import { Badge, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconArrowRight, IconCheck, IconLock } from "@tabler/icons-react";
import { type ReactNode, useCallback, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { useMay } from "../../api/roles";
import { EmptyState } from "../../parts/empty_state";
import type { Destination } from "../destinations/queries";
import { Arrival } from "../sources/arrival";
import { InstructionTabs, TestEventButton } from "../sources/instruction_tabs";
import { UnknownKey } from "../sources/list";
import type { Source } from "../sources/queries";
import { SourceForm } from "../sources/source_form";
import classes from "./home.module.css";

interface Props {
  sources: readonly Source[];
  destinations: readonly Destination[];
  onDone: () => void;
}

export function Welcome({ sources, destinations, onDone }: Props) {
  const [search, setSearch] = useSearchParams();
  const [hasArrived, setArrived] = useState(false);
  const onArrived = useCallback(() => setArrived(true), []);
  const canEdit = useMay("editor");
  const source = sources.find((one) => one.id === search.get("source"));
  // What a new server starts with becomes the first source, unless it is connected already: the
  // demo's is, and whoever makes a source of their own there would find every destination taken.
  const [first] = sources;
  const unused =
    sources.length === 1 && destinations.every((one) => one.sourceId !== first?.id)
      ? first
      : undefined;

  if (!canEdit) {
    return (
      <EmptyState
        icon={IconLock}
        title="No event has come in yet"
        action={{ label: "Look at the sources", to: "/sources" }}
      >
        Your role is viewer. When an editor sets up the first source, its events show up here.
      </EmptyState>
    );
  }
  const choose = (made: Source) => setSearch({ source: made.id }, { replace: true });
  return (
    <Stack gap="lg">
      {source && !hasArrived && <UnknownKey />}
      <Step
        number={1}
        title={source ? `The source ${source.name}` : "Create your first source"}
        isDone={source !== undefined}
        badge={source?.metadata.name}
      >
        {!source && (
          <>
            <Text c="dimmed" mb="md" maw="64ch">
              A source is where events come from: a website, an app or a server. Each has its own
              write key.
            </Text>
            <SourceForm
              submitLabel="Create source"
              startName={unused?.name ?? "Website"}
              unused={unused}
              onMade={choose}
            />
            {sources.length > 0 && !unused && (
              <Text mt="md">
                Or continue with{" "}
                {sources.slice(0, 5).map((one, index) => (
                  <span key={one.id}>
                    {index > 0 && ", "}
                    <Link to={`/?source=${one.id}`}>{one.name}</Link>
                  </span>
                ))}
                .
              </Text>
            )}
          </>
        )}
      </Step>
      <Step number={2} title="Send an event" isDone={hasArrived} isLater={!source}>
        {source && (
          <>
            <InstructionTabs source={source} />
            <Group mt="md" gap="sm">
              <TestEventButton source={source} />
              <Text c="dimmed">No page at hand? Send one from here.</Text>
            </Group>
          </>
        )}
      </Step>
      <Step number={3} title="See it arrive" isDone={hasArrived} isLater={!source}>
        {source && (
          <Arrival sourceId={source.id} onArrived={onArrived}>
            Waiting for the first event of {source.name}. It will show up here.
          </Arrival>
        )}
      </Step>
      <Step number={4} title="Connect a destination" isLater={!hasArrived}>
        {source && hasArrived && (
          <>
            <Text mb="md" maw="64ch">
              It works. Now connect a destination to send your events on.
            </Text>
            <Group>
              <Button
                component={Link}
                to={`/catalog?source=${source.id}`}
                rightSection={<IconArrowRight size={16} aria-hidden />}
              >
                Connect a destination
              </Button>
              <Button
                variant="default"
                onClick={() => {
                  setSearch({}, { replace: true });
                  onDone();
                }}
              >
                Go to the home page
              </Button>
            </Group>
          </>
        )}
      </Step>
    </Stack>
  );
}

interface StepProps {
  number: number;
  title: string;
  isDone?: boolean;
  isLater?: boolean;
  badge?: string | undefined;
  children: ReactNode;
}

function Step({ number, title, isDone, isLater, badge, children }: StepProps) {
  return (
    <Paper p="lg" component="section" aria-label={title} data-later={isLater || undefined}>
      <Group gap="sm" mb={children ? "sm" : 0}>
        <span className={classes.number} data-done={isDone || undefined} aria-hidden>
          {isDone ? <IconCheck size={15} stroke={2.4} /> : number}
        </span>
        <Title order={2} {...(isLater ? { c: "dimmed" } : {})}>
          {title}
        </Title>
        {badge && <Badge>{badge}</Badge>}
      </Group>
      {children}
    </Paper>
  );
}
