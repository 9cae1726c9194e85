import { Button, type ButtonProps, Group, Modal, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type ReactNode, useState } from "react";
import { useDeed } from "./deed";
import { ErrorState } from "./error_state";

interface Props extends Omit<ButtonProps, "children"> {
  /** On the button: "Delete source". */
  label: string;
  /** The question: "Delete the source Shop?" */
  title: string;
  /** What will be lost, and what stays. */
  children: ReactNode;
  /** To be typed before it can be done; for what takes much with it. */
  typed?: string;
  /** Does it. An error is shown in the dialog, which stays open. */
  onConfirm: () => Promise<unknown>;
}

/** A button for what cannot be undone: asks first, and says what will be lost. */
export function ConfirmButton({ label, title, children, typed, onConfirm, ...button }: Props) {
  const [isOpen, { open, close }] = useDisclosure();
  const deed = useDeed();
  const [text, setText] = useState("");

  const confirm = async () => {
    // It can still be pressed while it fades away.
    if (isOpen && (await deed.run(onConfirm))) close();
  };
  const start = () => {
    deed.clear();
    setText("");
    open();
  };

  return (
    <>
      <Button variant="default" c="var(--mantine-color-error)" {...button} onClick={start}>
        {label}
      </Button>
      <Modal opened={isOpen} onClose={close} title={title}>
        <Text component="div" fz="sm">
          {children}
        </Text>
        {typed && (
          <TextInput
            mt="md"
            label={
              <>
                To go on, type <b>{typed}</b>
              </>
            }
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            data-autofocus
          />
        )}
        {deed.error !== null && <ErrorState error={deed.error} again={label} />}
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={close} {...(typed ? {} : { "data-autofocus": true })}>
            Cancel
          </Button>
          <Button
            color="#b42318"
            loading={deed.isBusy}
            disabled={typed !== undefined && text.trim() !== typed}
            onClick={confirm}
          >
            {label}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
