import { Alert, Button, Group, Text } from "@mantine/core";
import { IconUsers } from "@tabler/icons-react";
import { ApiError } from "../../api/errors";
import { ErrorState } from "../../parts/error_state";
import { TimeAgo } from "../../parts/time_ago";

interface Props {
  error: unknown;
  /** What it is: "this audience". */
  what: string;
  onTheirs: () => void;
  onMine: () => void;
}

/** Why nothing was saved; between two who edit the same, the choice. */
export function ChangeError({ error, what, onTheirs, onMine }: Props) {
  if (error === null) return null;
  if (!(error instanceof ApiError && error.isConflict)) {
    return (
      <div style={{ marginTop: 16 }}>
        <ErrorState error={error} />
      </div>
    );
  }
  const conflict = error.problems[0]?.conflict;
  return (
    <Alert
      role="alert"
      color="amber"
      variant="outline"
      mt="md"
      icon={<IconUsers />}
      title={`${conflict?.changedBy ?? "Somebody else"} changed ${what} meanwhile`}
    >
      <Text fz="sm">
        {conflict && (
          <>
            <TimeAgo at={conflict.changedAt} />.{" "}
          </>
        )}
        Nothing was saved, and what you did is still here.
      </Text>
      <Group mt="sm" gap="xs">
        <Button variant="default" onClick={onTheirs}>
          Show their version
        </Button>
        <Button variant="default" onClick={onMine}>
          Save mine over it
        </Button>
      </Group>
    </Alert>
  );
}
