/** Who did what, in a sentence. */

import { useQuery } from "@tanstack/react-query";
import { destinationsQuery } from "../api/queries";
import type { components } from "../api/schema";
import { changeInWords } from "./change_words";
import { whoInWords } from "./who";

export function ChangeLine({ entry }: { entry: components["schemas"]["AuditEntryShape"] }) {
  const { data: destinations } = useQuery(destinationsQuery);
  const names = new Map(destinations?.map(({ id, name }) => [id, name]));
  return (
    <>
      <b>{whoInWords(entry.who.name)}</b> {changeInWords(entry, names)}
    </>
  );
}
