/** The first page: a welcome until the first event has come, and then how everything is. */

import { usePrefetchQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { destinationsQuery, sourcesQuery } from "../../api/queries";
import { session } from "../../api/session";
import { useSignal } from "../../api/signal";
import { volumesQuery } from "../../api/volumes";
import { ErrorState } from "../../parts/error_state";
import { PageHeader } from "../../parts/page_header";
import { LoadingRows } from "../../parts/query_view";
import { Dashboard } from "./dashboard";
import { Welcome } from "./welcome";

export function HomePage() {
  const [search] = useSearchParams();
  const name = useSignal(session)?.person?.name;
  const sources = useQuery(sourcesQuery);
  const volumes = useQuery(volumesQuery("day"));
  // Whoever came in by the welcome stays in it until they leave: the first event is its middle.
  const [isFirstVisit, setFirstVisit] = useState<boolean>();
  const hasEvents = volumes.data?.volumes.some((volume) => volume.lastReceivedAt);
  if (isFirstVisit === undefined && hasEvents !== undefined && sources.data) {
    setFirstVisit(!hasEvents || search.has("source"));
  }
  const error = sources.error ?? volumes.error;
  // What comes next needs them, whichever it is.
  usePrefetchQuery(destinationsQuery);

  return (
    <>
      <PageHeader
        title={isFirstVisit ? (name ? `Welcome, ${name}` : "Welcome") : "Home"}
        description={
          isFirstVisit
            ? "Send your first event and connect a destination. It takes a few minutes."
            : "Events from your sources, and how they reach your destinations."
        }
      />
      {isFirstVisit === undefined &&
        (error ? (
          <ErrorState
            error={error}
            onRetry={() => void Promise.all([sources.refetch(), volumes.refetch()])}
          />
        ) : (
          <LoadingRows />
        ))}
      {isFirstVisit === true && (
        <Welcome sources={sources.data ?? []} onDone={() => setFirstVisit(false)} />
      )}
      {isFirstVisit === false && <Dashboard />}
    </>
  );
}
