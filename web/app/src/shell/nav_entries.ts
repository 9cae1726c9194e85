import { session } from "../api/session";
import { useSignal } from "../api/signal";
import { areas, type NavEntry, SECTIONS } from "../areas";
import { hasFeature } from "../page_facts";

/** Returns what this person sees on this server, in the order of the navigation. */
export function useNavEntries(): NavEntry[] {
  const role = useSignal(session)?.role ?? "viewer";
  return areas
    .flatMap((area) => area.nav)
    .filter((entry) => !entry.roles || entry.roles.includes(role))
    .filter((entry) => !entry.feature || hasFeature(entry.feature))
    .sort((a, b) => SECTIONS.indexOf(a.section) - SECTIONS.indexOf(b.section) || a.order - b.order);
}
