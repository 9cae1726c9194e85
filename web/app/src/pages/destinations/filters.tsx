/** What a destination is not to receive. */

import { Anchor, Button, Code, Group, Paper, Switch, Text } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, data } from "../../api/client";
import { useMay } from "../../api/roles";
import { ConfirmButton } from "../../parts/confirm_button";
import { EmptyState } from "../../parts/empty_state";
import { useInOrder } from "../../parts/in_order";
import { QueryView } from "../../parts/query_view";
import { tell } from "../../parts/tell";
import classes from "./destinations.module.css";
import { inWords } from "./filter_words";
import { DestinationFrame } from "./frame";
import { type Destination, type Filter, filtersQuery } from "./queries";

export function FiltersPage() {
  return (
    <DestinationFrame>{(destination) => <Filters destination={destination} />}</DestinationFrame>
  );
}

function Filters({ destination }: { destination: Destination }) {
  const canEdit = useMay("editor");
  const filters = useQuery(filtersQuery(destination.id));
  const base = `/destinations/${destination.id}/filters`;
  return (
    <>
      <Group justify="space-between" mb="md">
        <Text c="dimmed" flex="1 1 260px">
          Filters run before mappings. What one drops does not reach {destination.name}, and is
          counted.
        </Text>
        {canEdit && Boolean(filters.data?.length) && (
          <Button component={Link} to={`${base}/new`}>
            Add filter
          </Button>
        )}
      </Group>
      <QueryView query={filters}>
        {(found) =>
          found.length === 0 ? (
            <EmptyState
              icon={IconFilter}
              title="Everything goes through"
              {...(canEdit ? { action: { label: "Add a filter", to: `${base}/new` } } : {})}
            >
              A filter drops events, keeps a share of them, or takes properties away, such as an
              e-mail address that {destination.metadata.name} is not to have.
            </EmptyState>
          ) : (
            <Paper component="ul" className={classes.rows ?? ""}>
              {found.map((one) => (
                <FilterRow key={one.id} filter={one} base={base} canEdit={canEdit} />
              ))}
            </Paper>
          )
        }
      </QueryView>
    </>
  );
}

interface RowProps {
  filter: Filter;
  base: string;
  canEdit: boolean;
}

function FilterRow({ filter, base, canEdit }: RowProps) {
  const client = useQueryClient();
  const path = { destination_id: filter.destinationId, filter_id: filter.id };
  const key = filtersQuery(filter.destinationId).queryKey;
  const enable = useInOrder<boolean>({
    queryKeys: [key],
    send: (enabled) =>
      data(
        api.PATCH("/destination/{destination_id}/filters/{filter_id}", {
          params: { path },
          body: { enabled },
        }),
      ),
    show: (enabled) => {
      const set = (is: boolean) =>
        client.setQueryData<Filter[]>(key, (all) =>
          all?.map((one) => (one.id === filter.id ? { ...one, enabled: is } : one)),
        );
      set(enabled);
      return () => set(!enabled);
    },
  });
  const remove = async () => {
    await data(
      api.DELETE("/destination/{destination_id}/filters/{filter_id}", { params: { path } }),
    );
    tell(`The filter ${filter.title} is deleted.`);
    await client.invalidateQueries({ queryKey: key });
  };
  return (
    <li>
      <Group justify="space-between" wrap="wrap" gap="sm">
        <div style={{ flex: "1 1 260px", minWidth: 0 }}>
          {canEdit ? (
            <Anchor component={Link} to={`${base}/${filter.id}`} fw={600} fz="sm">
              {filter.title}
            </Anchor>
          ) : (
            <Text fw={600}>{filter.title}</Text>
          )}
          <Text>
            {filter.actions.map(inWords).join("; ")} where <Code>{filter.if}</Code>
          </Text>
          {filter.description && <Text c="dimmed">{filter.description}</Text>}
        </div>
        <Group gap="sm">
          <Switch
            aria-label={`${filter.title} is enabled`}
            checked={filter.enabled}
            disabled={!canEdit}
            title={canEdit ? undefined : "Your role is viewer: only editors can change this."}
            onChange={(event) => enable(event.currentTarget.checked)}
          />
          {canEdit && (
            <ConfirmButton
              size="compact-sm"
              label="Delete"
              title={`Delete the filter ${filter.title}?`}
              onConfirm={remove}
            >
              Events that it drops will go through from now on. What it has dropped so far is not
              sent again.
            </ConfirmButton>
          )}
        </Group>
      </Group>
    </li>
  );
}
