import { useMay } from "./roles";

/** Whether this person may change what is configured, or only look. */
export const useCanEdit = (): boolean => useMay("editor");
