import { Frame } from "../audiences/audience";
import { ComputationsPage } from "../audiences/list";

export const TraitsPage = () => <ComputationsPage kind="computed_trait" />;
export const TraitFrame = () => <Frame kind="computed_trait" />;
