/** The builder of conditions, for mappings and for filters. */

export { TriggerBuilder } from "./trigger_builder";
export { triggerWords } from "./words";
