import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { eventQuery } from "./queries";

/**
 * The event that the page's address names with `?event=`, for whoever was led here with it.
 *
 * Until it is known whether there is one, none other may stand in its place.
 */
export function useGivenEvent() {
  const messageId = useSearchParams()[0].get("event") ?? "";
  const query = useQuery(eventQuery(messageId, messageId !== ""));
  return { given: query.data ?? undefined, isLoading: query.isLoading };
}
