/** What a filter would do to each of the latest events. */

import { Alert, Group, Loader, Paper, Text, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { ApiError, explain } from "../../api/errors";
import { type RecentEvent, recentEventsQuery } from "../../api/recent_events";
import { JsonView } from "../../parts/json_view";
import { SAMPLES } from "../../parts/sample_events";
import { StatusBadge } from "../../parts/status_badge";
import classes from "./destinations.module.css";
import { type Action, eventTitle, removedPaths } from "./filter_words";

const WAIT_MS = 350;
/** How many of the latest events it is tried on. */
export const TRIED_ON = 10;

interface Props {
  sourceId: string;
  condition: string;
  actions: Action[];
}

type Result = { tried: RecentEvent; after: Record<string, unknown> | null };

export function FilterPreview({ sourceId, condition, actions }: Props) {
  const recent = useQuery(recentEventsQuery(sourceId, TRIED_ON));
  const events = recent.data?.length ? recent.data : SAMPLES;
  const [wanted] = useDebouncedValue(JSON.stringify({ if: condition, actions }), WAIT_MS);
  const preview = useQuery({
    queryKey: ["filter-preview", wanted, events.map((one) => one.messageId)],
    enabled: condition.trim() !== "" && recent.isFetched,
    // While the next is asked, the last one stays.
    placeholderData: (before: Result[] | undefined) => before,
    retry: false,
    queryFn: () =>
      Promise.all(
        events.map(async (tried): Promise<Result> => {
          const { result } = await data(
            api.POST("/destination/filters/preview", {
              body: { filter: JSON.parse(wanted), payload: tried.event },
            }),
          );
          return { tried, after: result };
        }),
      ),
  });
  const counts = preview.data && countsOf(preview.data);

  return (
    <Paper component="section" aria-label="Preview">
      <Group p="md" pb="xs" justify="space-between">
        <Title order={2}>Preview</Title>
        {preview.isFetching && <Loader size="xs" aria-label="Trying" />}
      </Group>
      <Text px="md" pb="sm" c="dimmed">
        {recent.isPending
          ? "On the latest events of the source."
          : recent.data?.length
            ? `On the latest ${events.length} events of the source.`
            : "On examples: the source has sent nothing yet."}{" "}
        {counts &&
          `${counts.dropped} dropped, ${counts.changed} changed, ${counts.kept} as they are.`}
      </Text>
      {condition.trim() === "" ? (
        <Text px="md" pb="md">
          Choose which events, and see what happens to them here.
        </Text>
      ) : (
        preview.error && (
          <Alert m="md" mt={0} color="amber" variant="outline" bg="var(--mantine-color-body)">
            {preview.error instanceof ApiError
              ? preview.error.message
              : explain(preview.error).what}
          </Alert>
        )
      )}
      {condition.trim() !== "" && !preview.error && (
        <ul className={classes.rows}>
          {preview.data?.map(({ tried, after }) => (
            <PreviewRow key={tried.messageId} tried={tried} after={after} />
          ))}
        </ul>
      )}
    </Paper>
  );
}

function PreviewRow({ tried, after }: Result) {
  const removed = after ? removedPaths(tried.event, after) : [];
  return (
    <li>
      <Group justify="space-between" gap="xs">
        <Text fw={500}>{eventTitle(tried.event)}</Text>
        {after === null ? (
          <StatusBadge state="bad">Dropped</StatusBadge>
        ) : removed.length > 0 ? (
          <StatusBadge state="warn">Changed</StatusBadge>
        ) : (
          <StatusBadge state="good">As it is</StatusBadge>
        )}
      </Group>
      {removed.length > 0 && (
        <Text fz="xs" c="dimmed">
          Without {removed.join(", ")}
        </Text>
      )}
      <details>
        <summary>
          <Text span fz="xs" c="dimmed">
            {after ? "The event as it goes on" : "The event"}
          </Text>
        </summary>
        <JsonView value={after ?? tried.event} />
      </details>
    </li>
  );
}

function countsOf(results: readonly Result[]) {
  const dropped = results.filter((one) => one.after === null).length;
  const changed = results.filter(
    (one) => one.after && removedPaths(one.tried.event, one.after).length > 0,
  ).length;
  return { dropped, changed, kept: results.length - dropped - changed };
}
