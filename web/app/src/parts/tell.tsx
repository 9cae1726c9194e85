/** Short messages in the corner, for what was done and what went wrong meanwhile. */

import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { explainDeed } from "../api/errors";

const ERROR_SHOWN_MS = 10_000;

/** Says that something was done: `tell("The source was made.")`. */
export function tell(message: string): void {
  notifications.show({ message, icon: <IconCheck size={18} />, color: "petrol" });
}

/** Says what was not done, why, and what to do. For a form, show it in the form instead. */
export function tellError(problem: unknown): void {
  const { what, todo } = explainDeed(problem, false);
  notifications.show({
    title: what,
    message: todo,
    icon: <IconAlertTriangle size={18} />,
    color: "red",
    autoClose: ERROR_SHOWN_MS,
    role: "alert",
  });
}
