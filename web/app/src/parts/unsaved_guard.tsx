import { Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useEffect, useRef } from "react";
import { useBlocker } from "react-router";
import { type Leave, useLeave } from "./leave";

/**
 * Asks before a page with unsaved changes is left: by a link, back, or the browser itself.
 *
 * Returns how the page leaves for another once all is saved, without asking. A page has one.
 */
export function useUnsavedGuard(isDirty: boolean): Leave {
  const leave = useLeave();
  const isLeaving = useRef(false);
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      isDirty && !isLeaving.current && currentLocation.pathname !== nextLocation.pathname,
  );

  useEffect(() => {
    if (blocker.state !== "blocked") return;
    modals.openConfirmModal({
      title: "Leave without saving?",
      children: <Text fz="sm">What you changed on this page will be lost.</Text>,
      labels: { confirm: "Leave", cancel: "Stay" },
      confirmProps: { color: "#b42318" },
      closeOnClickOutside: false,
      onConfirm: () => blocker.proceed(),
      onCancel: () => blocker.reset(),
      onClose: () => blocker.state === "blocked" && blocker.reset(),
    });
  }, [blocker]);

  useEffect(() => {
    if (!isDirty) return;
    const ask = (event: BeforeUnloadEvent) => {
      if (!isLeaving.current) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isDirty]);

  return (to, options) => {
    isLeaving.current = true;
    return leave(to, options);
  };
}
