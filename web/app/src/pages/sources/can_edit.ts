import { session } from "../../api/session";
import { useSignal } from "../../api/signal";

/** Whether this person may change what is configured, or only look. */
export const useCanEdit = (): boolean => useSignal(session)?.role !== "viewer";
