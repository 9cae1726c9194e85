import { session } from "./session";
import { useSignal } from "./signal";

/** Whether this person may change what is configured, or only look. */
export const useCanEdit = (): boolean => useSignal(session)?.role !== "viewer";
