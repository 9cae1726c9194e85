import { IconMap2 } from "@tabler/icons-react";
import { EmptyState } from "../parts/empty_state";
import { PageHeader } from "../parts/page_header";

export function NotFound() {
  return (
    <>
      <PageHeader title="There is no such page" />
      <EmptyState
        icon={IconMap2}
        title="This address leads nowhere"
        action={{ label: "Go to the home page", to: "/" }}
      >
        The link may be old, or cut off. Look for what you want with Ctrl K.
      </EmptyState>
    </>
  );
}
