import { DefinitionTabOf } from "../audiences/definition_tab";
import { TraitEditor, useTraitDefinition } from "./trait_editor";

export const TraitDefinitionTab = () => (
  <DefinitionTabOf useEditing={useTraitDefinition} Editor={TraitEditor} stays="The values stay" />
);
