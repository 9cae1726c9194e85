/** What concerns the whole page: the server is gone, or there is a newer build of the app. */

import { Button } from "@mantine/core";
import { IconPlugConnectedX, IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { onBack, reach } from "../api/reach";
import { loadSession, session } from "../api/session";
import { useSignal } from "../api/signal";
import { BUILD } from "../page_facts";
import classes from "./banners.module.css";

const BUILD_ASKED_EVERY_MS = 60_000;

export function Banners() {
  const isReachable = useSignal(reach);
  const isOld = useNewerBuild();

  useEffect(
    () =>
      onBack(() => {
        if (session.get() === undefined) loadSession().catch(() => undefined);
      }),
    [],
  );

  return (
    <div role="status" className={classes.place}>
      {!isReachable && (
        <div className={classes.banner} data-kind="lost">
          <IconPlugConnectedX size={18} aria-hidden />
          <span>Crossdock cannot be reached; trying again.</span>
        </div>
      )}
      {isReachable && isOld && (
        <div className={classes.banner} data-kind="new">
          <IconRefresh size={18} aria-hidden />
          <span>The server has a newer version of this app.</span>
          <Button size="compact-sm" variant="default" onClick={() => location.reload()}>
            Reload
          </Button>
        </div>
      )}
    </div>
  );
}

function useNewerBuild(): boolean {
  const [isChunkGone, setChunkGone] = useState(false);
  useEffect(() => {
    // A page that was not opened yet is of a build that the server no longer has.
    const note = () => setChunkGone(true);
    window.addEventListener("vite:preloadError", note);
    return () => window.removeEventListener("vite:preloadError", note);
  }, []);
  const { data } = useQuery({
    queryKey: ["build"],
    queryFn: async () => {
      const answer = await fetch("/app/build.json", { cache: "no-store" });
      return ((await answer.json()) as { build: string }).build;
    },
    refetchInterval: BUILD_ASKED_EVERY_MS,
    retry: false,
    enabled: !BUILD.startsWith("__"),
  });
  return isChunkGone || (data !== undefined && data !== BUILD);
}
