import { Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useEffect, useRef } from "react";
import { type NavigateOptions, useBlocker, useNavigate } from "react-router";

/**
 * Asks before a page with unsaved changes is left: by a link, back, or the browser itself.
 *
 * Returns how the page leaves for another once all is saved, without asking. That never ends: a
 * form that waits for it stays busy until the other page is there, however slow the line, and
 * cannot be sent a second time.
 */
export function useUnsavedGuard(
  isDirty: boolean,
): (to: string, options?: NavigateOptions) => Promise<never> {
  const navigate = useNavigate();
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
    void navigate(to, options);
    return new Promise<never>(() => undefined);
  };
}
