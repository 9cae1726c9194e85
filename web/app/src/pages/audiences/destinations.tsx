/** Who is told of it, and how far. */

import { Anchor, Badge, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconPlugConnected, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { destinationsQuery } from "../../api/queries";
import { useMay } from "../../api/roles";
import { ConfirmButton } from "../../parts/confirm_button";
import { EmptyState } from "../../parts/empty_state";
import { tell } from "../../parts/tell";
import { useLoaded } from "./audience";
import classes from "./audience.module.css";
import { Connect } from "./connect";
import { InBrowser } from "./in_browser";
import { disconnect, type Output } from "./queries";
import { SyncProgress } from "./standing";
import { useChanged } from "./use_change";

export function DestinationsTab() {
  const { one } = useLoaded();
  const mayEdit = useMay("editor");
  const [isAdding, setAdding] = useState(false);
  if (isAdding) return <Connect onDone={() => setAdding(false)} />;
  if (one.destinations.length === 0) {
    return (
      <EmptyState
        icon={IconPlugConnected}
        title="Nobody is told yet"
        {...(mayEdit
          ? { action: { label: "Connect a destination", onClick: () => setAdding(true) } }
          : {})}
      >
        Connect a destination, and it is told everybody who is in it once, and from then on only
        changes, within seconds.
      </EmptyState>
    );
  }
  return (
    <Stack gap="md">
      {one.destinations.map((output) => (
        <Told key={output.destinationId} output={output} />
      ))}
      {mayEdit && (
        <Group>
          <Button
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => setAdding(true)}
          >
            Connect another destination
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Told({ output }: { output: Output }) {
  const { one, kind } = useLoaded();
  const mayEdit = useMay("editor");
  const changed = useChanged(kind);
  const name = output.name;
  const { data: all = [] } = useQuery(destinationsQuery);
  const browser = output.inBrowser
    ? all.find((each) => each.id === output.destinationId)
    : undefined;
  return (
    <Paper p="lg" component="section" aria-label={name}>
      <div className={classes.row}>
        <div>
          <Group gap="sm">
            <Title order={2}>
              <Anchor component={Link} to={`/destinations/${output.destinationId}`} inherit>
                {name}
              </Anchor>
            </Title>
            {output.sends.map((call) => (
              <Badge key={call}>
                {call === "track" ? "Track" : call === "group" ? "Group" : "Identify"}
              </Badge>
            ))}
          </Group>
          <Text c="dimmed" fz="sm" mt={4}>
            {output.sends.includes("track")
              ? kind === "audience"
                ? `Sends “${output.enteredEvent}” and “${output.exitedEvent}”.`
                : `Sends “${output.computedEvent}”.`
              : `Sets the trait ${one.key}${kind === "audience" ? " to true, and to false for those who leave" : ""}.`}
            {output.perSecondMax !== null && ` At most ${output.perSecondMax} a second.`}
          </Text>
        </div>
        <Group gap="xs">
          {!output.inBrowser && (
            <Button
              component={Link}
              to={`/destinations/${output.destinationId}/delivery`}
              variant="default"
            >
              See what was sent
            </Button>
          )}
          {mayEdit && (
            <ConfirmButton
              label="Disconnect"
              title={`Disconnect ${name} from ${one.name}?`}
              onConfirm={async () => {
                await disconnect(kind, one.id, output.destinationId);
                await changed();
                tell(`${name} is told nothing more.`);
              }}
            >
              It is told nothing more, and keeps what it was told: those who are in it now stay
              marked there. The destination itself stays set up. If you connect it again, everybody
              is sent once more.
            </ConfirmButton>
          )}
        </Group>
      </div>
      <div style={{ marginTop: 14 }}>
        {browser ? <InBrowser destination={browser} /> : <SyncProgress output={output} isLong />}
      </div>
    </Paper>
  );
}
