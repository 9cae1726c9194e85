/** What a computed trait is made of: a form, the text, and what it would be. */

import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import classes from "../audiences/builder/builder.module.css";
import {
  AddFilter,
  eventNames,
  FiltersPart,
  propertiesOf,
  WindowLine,
} from "../audiences/builder/event_parts";
import { CountInput, NameInput } from "../audiences/builder/inputs";
import {
  type ComputedTrait,
  missingOfComputed,
  newComputedTrait,
} from "../audiences/builder/model";
import { DefinitionFrame } from "../audiences/definition_frame";
import type { EditorProps } from "../audiences/definition_tab";
import { type Subject, vocabularyQuery } from "../audiences/queries";
import { type Editing, useDefinition } from "../audiences/use_definition";
import { ofKind, TRAIT_KINDS } from "./words";

export const useTraitDefinition = (
  type: Subject,
  start: string | ComputedTrait,
): Editing<ComputedTrait> =>
  useDefinition<ComputedTrait>({
    kind: "computed_trait",
    type,
    start: typeof start === "string" ? { query: start } : { built: start },
    missing: missingOfComputed,
    toServer: (built) => built,
    fromServer: (found) => found as ComputedTrait,
  });

export function TraitEditor(props: EditorProps<ComputedTrait>) {
  return (
    <DefinitionFrame
      {...props}
      kind="computed_trait"
      title="What is computed"
      form="form"
      blank={newComputedTrait}
      placeholder="event('Order Completed').within(30 days).count()"
    >
      {(built) => <TraitForm one={built} onChange={props.editing.build} />}
    </DefinitionFrame>
  );
}

interface FormProps {
  one: ComputedTrait;
  onChange: (one: ComputedTrait) => void;
}

function TraitForm({ one, onChange }: FormProps) {
  const { data: words = { events: [], traits: [], accountTraits: [], context: [] } } =
    useQuery(vocabularyQuery);
  const change = (part: Partial<ComputedTrait>) => onChange({ ...one, ...part });
  const kind = TRAIT_KINDS.find((each) => each.reducer === one.reducer);
  return (
    <div>
      <Select
        label="Kind"
        description={kind?.hint}
        data={TRAIT_KINDS.map(({ reducer, label }) => ({ value: reducer, label }))}
        value={one.reducer}
        allowDeselect={false}
        maw={340}
        mb="md"
        onChange={(reducer) => onChange(ofKind(one, reducer ?? "count"))}
      />
      <div className={classes.line}>
        {one.reducer !== "count" && (
          <>
            <span className={classes.word}>of the property</span>
            <NameInput
              label="Property"
              placeholder="Choose a property"
              value={one.of ?? ""}
              names={propertiesOf(words, one.event)}
              onChange={(of) => change({ of: of || null })}
            />
          </>
        )}
        <span className={classes.word}>of the event</span>
        <NameInput
          label="Event"
          placeholder="Choose an event"
          value={one.event}
          names={eventNames(words)}
          onChange={(event) => change({ event })}
        />
      </div>
      <div className={classes.line}>
        <WindowLine value={one.window} onChange={(window) => change({ window })} />
        <AddFilter value={one.where} onChange={(where) => change({ where })} />
      </div>
      {one.reducer === "mode" && (
        <div className={classes.line}>
          <span className={classes.word}>if it occurs at least</span>
          <CountInput
            label="How often at least"
            value={one.frequency_min ?? 2}
            min={1}
            onChange={(frequency_min) => change({ frequency_min: frequency_min || 1 })}
          />
          <span className={classes.word}>times</span>
        </div>
      )}
      <FiltersPart
        value={one.where}
        event={one.event}
        words={words}
        onChange={(where) => change({ where })}
      />
    </div>
  );
}
