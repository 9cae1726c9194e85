import { Alert, Button, Code, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { ApiError, explain, Unreachable } from "../api/errors";
import { reach } from "../api/reach";
import { useSignal } from "../api/signal";

interface Props {
  error: unknown;
  onRetry?: (() => void) | undefined;
  retryLabel?: string;
}

const BACK = {
  what: "Crossdock did not answer.",
  todo: "It is back now. Your last action may not have gone through: try it again.",
};

/** What happened, what to do, and a button that tries again. */
export function ErrorState({ error, onRetry, retryLabel = "Try again" }: Props) {
  const isReachable = useSignal(reach);
  // Queries ask again by themselves; what a person asked for waits for the person.
  const { what, todo } = error instanceof Unreachable && isReachable ? BACK : explain(error);
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
