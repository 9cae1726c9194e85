/** Who is told of it, and how far. */

import { Anchor, Badge, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconPlugConnected, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import { destinationsQuery } from "../../api/queries";
import { useMay } from "../../api/roles";
import { ConfirmButton } from "../../parts/confirm_button";
import { EmptyState } from "../../parts/empty_state";
import { LoadingRows } from "../../parts/query_view";
import { tell } from "../../parts/tell";
import { useLoaded } from "./audience";
import classes from "./audience.module.css";
import { Connect } from "./connect";
import { EditOutput } from "./edit_output";
import { InBrowser } from "./in_browser";
import { disconnect, type Kind, type Output } from "./queries";
import { sandboxOf } from "./sandbox";
import { SyncProgress } from "./standing";
import { ToldLately } from "./told_lately";
import { useChanged } from "./use_change";

export function DestinationsTab() {
  const { one } = useLoaded();
  const mayEdit = useMay("editor");
  const { state, pathname } = useLocation();
  const navigate = useNavigate();
  const [isAdding, setAdding] = useState(Boolean(state?.isConnecting) && mayEdit);
  // Who comes back to this page wants to see how it stands.
  useEffect(() => {
    if (state?.isConnecting) navigate(pathname, { replace: true });
  }, [state, pathname, navigate]);
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
  const [isEditing, setEditing] = useState(false);
  const destinations = useQuery(destinationsQuery);
  // What can be done stands in one line, and would move under the pointer.
  if (destinations.isPending) return <LoadingRows />;
  const found = destinations.data?.find(({ id }) => id === output.destinationId);
  const sandbox = found ? sandboxOf(found.settings) : null;
  const name = output.name;
  const browser = output.inBrowser ? found : undefined;
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
            {sentence(output, one.key, kind)}
          </Text>
        </div>
        <Group gap="xs">
          {sandbox && (
            <Button
              component="a"
              href={`${sandbox.href}#users`}
              target="_blank"
              rel="noopener"
              variant="default"
            >
              Open {sandbox.name}’s sandbox
            </Button>
          )}
          {!browser && (
            <Button
              component={Link}
              to={`/destinations/${output.destinationId}/delivery`}
              variant="default"
            >
              See what was sent
            </Button>
          )}
          {mayEdit && !isEditing && !browser && (
            <Button variant="default" onClick={() => setEditing(true)}>
              Edit
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
      {isEditing ? (
        <EditOutput output={output} onDone={() => setEditing(false)} />
      ) : (
        !browser && <ToldLately output={output} sandbox={sandbox} />
      )}
    </Paper>
  );
}

/** Returns what it is sent, in words. */
function sentence(output: Output, key: string, kind: Kind): string {
  const said: string[] = [];
  if (output.sends.some((call) => call !== "track")) {
    const ends = kind === "audience" ? " to true, and to false for those who leave" : "";
    said.push(`Sets the trait ${key}${ends}.`);
  }
  if (output.sends.includes("track")) {
    said.push(
      kind === "audience"
        ? `Sends “${output.enteredEvent}” and “${output.exitedEvent}”.`
        : `Sends “${output.computedEvent}”.`,
    );
  }
  if (output.perSecondMax !== null) said.push(`At most ${output.perSecondMax} a second.`);
  return said.join(" ");
}
