/** The write keys of a source, and how to change one without losing an event. */

import { Badge, Button, Group, Paper, Text, Title } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data } from "../../api/client";
import { useMay } from "../../api/roles";
import { ConfirmButton } from "../../parts/confirm_button";
import { CopyButton } from "../../parts/copy_button";
import { useDeed } from "../../parts/deed";
import { QueryView } from "../../parts/query_view";
import { tell, tellError } from "../../parts/tell";
import { TimeAgo } from "../../parts/time_ago";
import { type Source, writeKeysQuery } from "./queries";
import classes from "./sources.module.css";

export function WriteKeys({ source }: { source: Source }) {
  const query = useQuery(writeKeysQuery(source.id));
  const client = useQueryClient();
  const canEdit = useMay("editor");
  const adding = useDeed(tellError);
  const refresh = () => client.invalidateQueries({ queryKey: ["sources"] });

  const add = () =>
    adding.run(async () => {
      const path = { source_id: source.id };
      await data(api.POST("/sources/{source_id}/writekey", { params: { path } }));
      await refresh();
      tell("Write key added. The previous keys keep working.");
    });
  const remove = async (writeKey: string) => {
    const path = { source_id: source.id, write_key: writeKey };
    await data(api.DELETE("/sources/{source_id}/writekey/{write_key}", { params: { path } }));
    await refresh();
    tell("The write key was removed.");
  };

  return (
    <Paper p="lg" component="section" aria-label="Write keys">
      <Group justify="space-between" align="flex-start" mb="xs">
        <div>
          <Title order={2}>Write keys</Title>
          <Text c="dimmed" maw="62ch">
            To rotate a key without losing events: add a new one, use it wherever you send from,
            then remove the old one once nothing uses it.
          </Text>
        </div>
        {canEdit && (
          <Button
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden />}
            loading={adding.isBusy}
            onClick={() => void add()}
          >
            Add a write key
          </Button>
        )}
      </Group>
      <QueryView query={query}>
        {({ writeKeys, knownSince }) => (
          <ul className={classes.rows}>
            {writeKeys.map(({ writeKey, isCurrent, lastUsedAt }) => (
              <li key={writeKey}>
                <div className={classes.grow}>
                  <Group gap={6}>
                    <span className={classes.key}>{writeKey}</span>
                    <CopyButton value={writeKey} label="write key" />
                    {isCurrent && <Badge>in the snippet</Badge>}
                  </Group>
                  <Text fz="sm" c="dimmed">
                    {lastUsedAt ? (
                      <>
                        Last used <TimeAgo at={lastUsedAt} />
                      </>
                    ) : (
                      <>
                        Not used since the server started, <TimeAgo at={knownSince} />
                      </>
                    )}
                  </Text>
                </div>
                {canEdit && writeKeys.length > 1 && (
                  <ConfirmButton
                    label="Remove"
                    title="Remove this write key?"
                    onConfirm={() => remove(writeKey)}
                  >
                    Events still sent with{" "}
                    <Text span className={classes.key}>
                      {writeKey}
                    </Text>{" "}
                    will be discarded.{" "}
                    {lastUsedAt ? (
                      <b>
                        It was last used <TimeAgo at={lastUsedAt} />.
                      </b>
                    ) : (
                      <>
                        Nothing was sent with it since the server started,{" "}
                        <TimeAgo at={knownSince} />.
                      </>
                    )}
                  </ConfirmButton>
                )}
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </Paper>
  );
}
