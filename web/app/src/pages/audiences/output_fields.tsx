/** How a destination is told: by which calls, what its events are called, and how fast. */

import { Checkbox, Group, NumberInput, Stack, TextInput } from "@mantine/core";
import { useLoaded } from "./audience";
import { type Call, callsOf, type Draft } from "./output_draft";
import type { Kind } from "./queries";

interface Props {
  draft: Draft;
  onChange: (draft: Draft) => void;
  messages: Readonly<Record<string, string>>;
}

export function OutputFields({ draft, onChange, messages }: Props) {
  const { one, kind } = useLoaded();
  const change = (part: Partial<Draft>) => onChange({ ...draft, ...part });
  const isTrack = draft.sends.includes("track");
  return (
    <>
      <Checkbox.Group
        label="What is sent"
        value={draft.sends}
        error={
          draft.sends.length === 0 ? "Choose at least one." : (messages.sends ?? messages.outputs)
        }
        onChange={(sends) => change({ sends: sends as Call[] })}
      >
        <Stack gap="xs" mt={6}>
          {callsOf(one.definition.type).map((call) => (
            <Checkbox
              key={call}
              value={call}
              label={LABELS[call]}
              description={hint(call, kind, one.key, one.definition.type === "USERS")}
            />
          ))}
        </Stack>
      </Checkbox.Group>
      {isTrack && kind === "audience" && (
        <Group grow align="flex-start">
          <TextInput
            label="Event when somebody gets in"
            value={draft.enteredEvent}
            required
            error={messages.enteredEvent}
            onChange={(event) => change({ enteredEvent: event.currentTarget.value })}
          />
          <TextInput
            label="Event when somebody leaves"
            value={draft.exitedEvent}
            required
            error={messages.exitedEvent}
            onChange={(event) => change({ exitedEvent: event.currentTarget.value })}
          />
        </Group>
      )}
      {isTrack && kind === "computed_trait" && (
        <TextInput
          label="Name of the event"
          value={draft.computedEvent}
          required
          error={messages.computedEvent}
          onChange={(event) => change({ computedEvent: event.currentTarget.value })}
        />
      )}
      <NumberInput
        label="At most so many a second"
        description="Leave it empty to send as fast as the destination takes it."
        value={draft.perSecondMax ?? ""}
        min={0.1}
        styles={{ wrapper: { maxWidth: 260 } }}
        allowNegative={false}
        error={messages.perSecondMax}
        onChange={(value) => {
          const rate = Number(value);
          change({ perSecondMax: value === "" || !Number.isFinite(rate) ? null : rate });
        }}
      />
    </>
  );
}

const LABELS: Record<Call, string> = { identify: "Identify", track: "Track", group: "Group" };

function hint(call: Call, kind: Kind, key: string, isOfUsers: boolean): string {
  if (call === "group") return `Sets the trait ${key} of each account.`;
  if (call === "identify") {
    return isOfUsers
      ? `Sets the trait ${key} of each user.`
      : "Sets it of each user of the account.";
  }
  return kind === "audience"
    ? "An event when somebody gets in, and one when they leave."
    : "An event whenever the value is another.";
}
