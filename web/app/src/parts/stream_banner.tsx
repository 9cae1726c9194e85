import { Alert } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import type { StreamState } from "../api/event_stream";

/** Says that what is shown is not live at the moment; nothing while it is. */
export function StreamBanner({ state }: { state: StreamState }) {
  if (state !== "lost") return null;
  return (
    <Alert
      role="status"
      color="amber"
      variant="outline"
      icon={<IconPlugConnectedX />}
      title="Connection lost, trying again"
    >
      New events show up here as soon as the server responds.
    </Alert>
  );
}
