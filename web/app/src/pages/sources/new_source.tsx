import { Paper } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useMay } from "../../api/roles";
import { EmptyState } from "../../parts/empty_state";
import { useLeave } from "../../parts/leave";
import { PageHeader } from "../../parts/page_header";
import { SourceForm } from "./source_form";

export function NewSourcePage() {
  const leave = useLeave();
  const canEdit = useMay("editor");
  return (
    <>
      <PageHeader
        title="New source"
        breadcrumbs={[{ label: "Sources", to: "/sources" }]}
        description="You get a write key and the code to paste."
      />
      {canEdit ? (
        <Paper p="lg">
          <SourceForm
            submitLabel="Create source"
            onMade={(source) => leave(`/sources/${source.id}/setup`)}
          />
        </Paper>
      ) : (
        <EmptyState
          icon={IconLock}
          title="Your role is viewer"
          action={{ label: "Go to the sources", to: "/sources" }}
        >
          Ask an owner of the workspace for the role of an editor.
        </EmptyState>
      )}
    </>
  );
}
