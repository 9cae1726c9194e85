import { Alert, Button, Code, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { ApiError, explain, explainDeed, Unreachable } from "../api/errors";
import { reach } from "../api/reach";
import { useSignal } from "../api/signal";

interface Props {
  error: unknown;
  /** Asks once more, of what the page asks by itself. */
  onRetry?: (() => void) | undefined;
  retryLabel?: string;
  /** Of what a person asked for: the button to press again. */
  again?: string;
}

/** What happened, what to do, and a button that tries again. */
export function ErrorState({ error, onRetry, retryLabel = "Try again", again }: Props) {
  const isReachable = useSignal(reach);
  // Queries ask again by themselves; what a person asked for waits for the person.
  const { what, todo } =
    again === undefined && onRetry ? explain(error) : explainDeed(error, isReachable, again);
  const isOurs = !(error instanceof ApiError || error instanceof Unreachable);
  return (
    <Alert
      role="alert"
      color={error instanceof Unreachable ? "amber" : "red"}
      variant="outline"
      icon={<IconAlertTriangle />}
      title={what}
      bg="var(--mantine-color-body)"
    >
      <Text fz="sm">{todo}</Text>
      {isOurs && (
        <Code block mt="sm">
          {error instanceof Error ? `${error.name}: ${error.message}` : String(error)}
        </Code>
      )}
      {onRetry && (
        <Button variant="default" mt="sm" onClick={onRetry}>
          {retryLabel}
        </Button>
      )}
    </Alert>
  );
}
