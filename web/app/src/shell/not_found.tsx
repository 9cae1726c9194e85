import { IconMap2 } from "@tabler/icons-react";
import { EmptyState } from "../parts/empty_state";
import { PageHeader } from "../parts/page_header";

export function NotFound() {
  return (
    <>
      <PageHeader title="Page not found" />
      <EmptyState
        icon={IconMap2}
        title="Nothing at this address"
        action={{ label: "Go to the home page", to: "/" }}
      >
        The link may be old or incomplete. Press Ctrl K to search.
      </EmptyState>
    </>
  );
}
