/** What whoever is signed in may do. The server decides; the page leaves out what would be refused. */

import { type Role, session } from "./session";
import { useSignal } from "./signal";

const RANKS: Record<Role, number> = { viewer: 0, editor: 1, owner: 2 };

/** Returns whether whoever is signed in has at least this role. */
export function useMay(needed: Role): boolean {
  const role = useSignal(session)?.role ?? "viewer";
  return RANKS[role] >= RANKS[needed];
}
