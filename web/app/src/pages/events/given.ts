import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { eventQuery } from "./queries";

/** The event that the page's address names with `?event=`, for whoever was led here with it. */
export function useGivenEvent() {
  const messageId = useSearchParams()[0].get("event") ?? "";
  return useQuery(eventQuery(messageId, messageId !== "")).data ?? undefined;
}
