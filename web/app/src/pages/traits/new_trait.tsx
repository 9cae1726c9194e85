import { useState } from "react";
import { useMay } from "../../api/roles";
import { PageHeader } from "../../parts/page_header";
import { newComputedTrait } from "../audiences/builder/model";
import { NotAllowed } from "../audiences/new_audience";
import { NewForm } from "../audiences/new_form";
import { TraitEditor, useTraitDefinition } from "./trait_editor";
import { suggestedTraitName } from "./words";

export function NewTraitPage() {
  const mayEdit = useMay("editor");
  return (
    <>
      <PageHeader
        title="New computed trait"
        breadcrumbs={[{ label: "Computed traits", to: "/traits" }]}
        description="A value for each user, worked out from what they did and kept up to date."
      />
      {mayEdit ? <NewTrait /> : <NotAllowed to="/traits" label="Go to the computed traits" />}
    </>
  );
}

function NewTrait() {
  const [start] = useState(newComputedTrait);
  const editing = useTraitDefinition("USERS", start);
  return (
    <NewForm
      kind="computed_trait"
      type="USERS"
      isWithAnonymous={false}
      editing={editing}
      suggestion={editing.built ? suggestedTraitName(editing.built) : ""}
      placeholder="Total spent"
    >
      <TraitEditor editing={editing} type="USERS" isWithAnonymous={false} id={null} />
    </NewForm>
  );
}
