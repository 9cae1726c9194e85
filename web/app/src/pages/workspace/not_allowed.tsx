import { IconLock } from "@tabler/icons-react";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";

/** A page that whoever is signed in may not see; the server would refuse as well. */
export function NotAllowed({ title, needs }: { title: string; needs: string }) {
  return (
    <>
      <PageHeader title={title} />
      <EmptyState
        icon={IconLock}
        title={`This needs the role ${needs}`}
        action={{ label: "Go home", to: "/" }}
      >
        Ask an owner of the workspace to give it to you, or to do it.
      </EmptyState>
    </>
  );
}
