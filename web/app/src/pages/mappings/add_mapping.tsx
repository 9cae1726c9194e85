/** Adds a mapping: a preset, which is complete, or an action to be mapped by oneself. */

import { Modal, Text, UnstyledButton } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useDeed } from "../../parts/deed";
import { ErrorState } from "../../parts/error_state";
import { useLeave } from "../../parts/leave";
import type { Destination } from "../destinations/queries";
import { createMapping, mappingsQuery } from "./api";
import { freeName } from "./logic";
import classes from "./mappings.module.css";
import { triggerWords } from "./trigger/words";
import type { Fields } from "./value/form";

interface Props {
  destination: Destination;
  taken: readonly string[];
  isOpen: boolean;
  onClose: () => void;
}

interface Start {
  name: string;
  action: string;
  trigger: string;
  settings?: Fields;
}

export function AddMapping({ destination, taken, isOpen, onClose }: Props) {
  const client = useQueryClient();
  const leave = useLeave();
  const { actions, presets } = destination.metadata;
  const deed = useDeed();
  const add = ({ name, action, trigger, settings }: Start) =>
    deed.run(async () => {
      const made = await createMapping(destination.id, {
        name: freeName(name, taken),
        actionId: action,
        trigger,
        enabled: false,
        ...(settings ? { settings } : {}),
      });
      void client.invalidateQueries({ queryKey: mappingsQuery(destination.id).queryKey });
      await leave(`/destinations/${destination.id}/mappings/${made.id}`);
    });
  const choice = (start: Start, title: string, text: string) => (
    <UnstyledButton
      key={title}
      className={classes.choice}
      disabled={deed.isBusy}
      onClick={() => void add(start)}
    >
      <Text fw={600} fz="sm">
        {title}
      </Text>
      <Text fz="xs" c="dimmed">
        {text}
      </Text>
    </UnstyledButton>
  );
  return (
    <Modal opened={isOpen} onClose={onClose} title="Add a mapping" size="lg">
      {deed.error !== null && <ErrorState error={deed.error} />}
      <Text fz="sm" c="dimmed" mb="md">
        It is disabled until you enable it.
      </Text>
      {presets.length > 0 && (
        <>
          <Text fz="xs" fw={600} c="dimmed" mb={6}>
            Presets: complete, and yours to change
          </Text>
          <div className={classes.choices}>
            {presets.map((preset) =>
              choice(
                {
                  name: preset.name,
                  action: preset.actionId,
                  trigger: preset.trigger,
                  settings: preset.fields as Fields,
                },
                preset.name,
                triggerWords(preset.trigger),
              ),
            )}
          </div>
        </>
      )}
      <Text fz="xs" fw={600} c="dimmed" mb={6} mt="lg">
        Actions: begin with the action's defaults
      </Text>
      <div className={classes.choices}>
        {actions.map((action) =>
          choice(
            { name: action.name, action: action.id, trigger: action.defaultTrigger },
            `Action: ${action.name}`,
            action.description,
          ),
        )}
      </div>
    </Modal>
  );
}
