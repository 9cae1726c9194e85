/** The mappings of a destination: what there is, in which order, and what can be added. */

import { ActionIcon, Anchor, Button, Group, Menu, Modal, Paper, Switch, Text } from "@mantine/core";
import { IconArrowsSplit2, IconDots, IconGripVertical, IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type DragEvent, type KeyboardEvent, useState } from "react";
import { Link } from "react-router";
import { useMay } from "../../api/roles";
import { useDeed } from "../../parts/deed";
import { EmptyState } from "../../parts/empty_state";
import { ErrorState } from "../../parts/error_state";
import { useInOrder } from "../../parts/in_order";
import { useLeave } from "../../parts/leave";
import { QueryView } from "../../parts/query_view";
import { tell, tellError } from "../../parts/tell";
import { DestinationFrame } from "../destinations/frame";
import type { Destination } from "../destinations/queries";
import { AddMapping } from "./add_mapping";
import {
  changeMapping,
  createMapping,
  deleteMapping,
  type Mapping,
  mappingsQuery,
  orderMappings,
} from "./api";
import { freeName, moved } from "./logic";
import classes from "./mappings.module.css";
import { triggerWords } from "./trigger/words";

export function MappingsPage() {
  return (
    <DestinationFrame>{(destination) => <Mappings destination={destination} />}</DestinationFrame>
  );
}

function Mappings({ destination }: { destination: Destination }) {
  const mappings = useQuery(mappingsQuery(destination.id));
  const isReadOnly = !useMay("editor");
  const [isAdding, setAdding] = useState(false);
  if (destination.metadata.actions.length === 0) {
    return (
      <EmptyState
        icon={IconArrowsSplit2}
        title={`${destination.metadata.name} needs no mappings`}
        action={{ label: "Open its settings", to: `/destinations/${destination.id}/settings` }}
      >
        It handles each call by itself.
      </EmptyState>
    );
  }
  return (
    <>
      <Group justify="space-between" mb="md">
        <Text c="dimmed" maw="68ch">
          Which events this destination gets, and how they are mapped. An event goes through every
          mapping whose trigger matches.
        </Text>
        <Button
          leftSection={<IconPlus size={16} />}
          onClick={() => setAdding(true)}
          disabled={isReadOnly || !mappings.data}
          title={isReadOnly ? "Your role is viewer: only editors can change this." : ""}
        >
          Add mapping
        </Button>
      </Group>
      <QueryView query={mappings}>
        {(found) =>
          found.length > 0 ? (
            <List mappings={found} destination={destination} isReadOnly={isReadOnly} />
          ) : (
            <EmptyState
              icon={IconArrowsSplit2}
              title="No mappings, so nothing is sent"
              {...(isReadOnly
                ? {}
                : { action: { label: "Add mapping", onClick: () => setAdding(true) } })}
            >
              Start with one of the presets of {destination.metadata.name}: it is complete, and can
              be changed.
            </EmptyState>
          )
        }
      </QueryView>
      <AddMapping
        destination={destination}
        taken={(mappings.data ?? []).map(({ name }) => name)}
        isOpen={isAdding}
        onClose={() => setAdding(false)}
      />
    </>
  );
}

interface ListProps {
  mappings: Mapping[];
  destination: Destination;
  isReadOnly: boolean;
}

function List({ mappings, destination, isReadOnly }: ListProps) {
  const client = useQueryClient();
  const { queryKey } = mappingsQuery(destination.id);
  const [dragged, setDragged] = useState<number>();
  const [said, setSaid] = useState("");
  const order = useInOrder<Mapping[]>({
    queryKeys: [queryKey],
    send: (next) =>
      orderMappings(
        destination.id,
        next.map(({ id }) => id),
      ),
    show: (next) => {
      client.setQueryData(queryKey, next);
      return () => client.setQueryData(queryKey, mappings);
    },
  });
  const move = (from: number, to: number) => {
    if (to < 0 || to >= mappings.length || from === to) return;
    order(moved(mappings, from, to));
    setSaid(`${mappings[from]?.name} is now ${to + 1} of ${mappings.length}.`);
  };
  return (
    <Paper className={classes.frame}>
      <ul className={classes.list} aria-label="Mappings">
        {mappings.map((mapping, at) => (
          <Row
            key={mapping.id}
            mapping={mapping}
            destination={destination}
            taken={mappings.map(({ name }) => name)}
            isReadOnly={isReadOnly}
            isDragged={dragged === at}
            handle={{
              onDragStart: (event) => {
                event.dataTransfer.effectAllowed = "move";
                setDragged(at);
              },
              onDragEnd: () => setDragged(undefined),
              onKeyDown: (event) => {
                const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
                if (step === undefined) return;
                event.preventDefault();
                move(at, at + step);
              },
            }}
            onDrop={() => dragged !== undefined && move(dragged, at)}
          />
        ))}
      </ul>
      <div className={classes.unseen} aria-live="polite">
        {said}
      </div>
    </Paper>
  );
}

interface RowProps {
  mapping: Mapping;
  destination: Destination;
  taken: string[];
  isReadOnly: boolean;
  isDragged: boolean;
  handle: {
    onDragStart: (event: DragEvent) => void;
    onDragEnd: () => void;
    onKeyDown: (event: KeyboardEvent) => void;
  };
  onDrop: () => void;
}

function Row({ mapping, destination, taken, isReadOnly, isDragged, handle, onDrop }: RowProps) {
  const client = useQueryClient();
  const leave = useLeave();
  const [isDeleting, setDeleting] = useState(false);
  const { queryKey } = mappingsQuery(destination.id);
  const again = () => client.invalidateQueries({ queryKey });
  const action = destination.metadata.actions.find(({ slug }) => slug === mapping.actionSlug);
  const to = `/destinations/${destination.id}/mappings/${mapping.id}`;
  const enable = useInOrder<boolean>({
    queryKeys: [queryKey],
    send: (enabled) => changeMapping(mapping, { enabled }),
    show: (enabled) => {
      const set = (is: boolean) =>
        client.setQueryData<Mapping[]>(queryKey, (all) =>
          all?.map((each) => (each.id === mapping.id ? { ...each, enabled: is } : each)),
        );
      set(enabled);
      return () => set(!enabled);
    },
  });
  const duplicating = useDeed(tellError);
  const duplicate = () =>
    duplicating.run(async () => {
      const made = await createMapping(destination.id, {
        name: freeName(`${mapping.name} copy`, taken),
        actionId: mapping.actionSlug,
        trigger: mapping.trigger,
        settings: mapping.settings,
        enabled: false,
      });
      tell("Duplicated. The copy is disabled.");
      void again();
      await leave(`/destinations/${destination.id}/mappings/${made.id}`);
    });
  const deleting = useDeed();
  const remove = async () => {
    // It can still be pressed while it fades away.
    if (!isDeleting || !(await deleting.run(() => deleteMapping(mapping)))) return;
    setDeleting(false);
    await again();
  };
  return (
    <li
      className={classes.row}
      data-dragged={isDragged || undefined}
      onDragOver={(event) => event.preventDefault()}
      onDrop={onDrop}
    >
      {!isReadOnly && (
        <ActionIcon
          className={classes.handle}
          draggable
          aria-label={`Move ${mapping.name}: arrow up or down`}
          title="Drag, or press arrow up or down"
          {...handle}
        >
          <IconGripVertical size={16} />
        </ActionIcon>
      )}
      <div className={classes.rowText}>
        <Group gap={8} wrap="wrap">
          <Anchor component={Link} to={to} fw={600} c="var(--mantine-color-text)">
            {mapping.name}
          </Anchor>
          <Text fz="xs" c="dimmed">
            {action?.name ?? `${mapping.actionSlug} (no longer there)`}
          </Text>
        </Group>
        <Text fz="sm" c="dimmed" className={classes.words} title={mapping.trigger}>
          {triggerWords(mapping.trigger)}
        </Text>
      </div>
      <Switch
        aria-label={`${mapping.name} is enabled`}
        checked={mapping.enabled}
        disabled={isReadOnly}
        onChange={(event) => enable(event.currentTarget.checked)}
      />
      {!isReadOnly && (
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <ActionIcon aria-label={`More for ${mapping.name}`}>
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item component={Link} to={to}>
              Edit
            </Menu.Item>
            <Menu.Item onClick={() => void duplicate()}>Duplicate</Menu.Item>
            <Menu.Divider />
            <Menu.Item c="var(--mantine-color-error)" onClick={() => setDeleting(true)}>
              Delete…
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      <Modal
        opened={isDeleting}
        onClose={() => setDeleting(false)}
        title={`Delete the mapping ${mapping.name}?`}
      >
        <Text fz="sm">
          Its trigger and what was said for {Object.keys(mapping.settings).length} fields will be
          lost. {mapping.enabled ? "Events that only it takes are no longer sent. " : ""}What was
          sent already stays with {destination.name}.
        </Text>
        {deleting.error !== null && <ErrorState error={deleting.error} again="Delete" />}
        <Group justify="flex-end" mt="lg">
          <Button variant="default" data-autofocus onClick={() => setDeleting(false)}>
            Cancel
          </Button>
          <Button color="#b42318" loading={deleting.isBusy} onClick={() => void remove()}>
            Delete
          </Button>
        </Group>
      </Modal>
    </li>
  );
}
