/** Conditions, in groups: who is in the audience. */

import {
  ActionIcon,
  Button,
  Menu,
  Group as Row,
  SegmentedControl,
  Select,
  Text,
} from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import type { Subject, Vocabulary } from "../queries";
import classes from "./builder.module.css";
import {
  AddFilter,
  CountLine,
  eventNames,
  FiltersPart,
  FollowedByPart,
  WindowLine,
} from "./event_parts";
import { ComparedInput, NameInput } from "./inputs";
import {
  type AudienceCondition,
  type Condition,
  type EventCondition,
  type Group,
  newAudience,
  newEvent,
  newFollowedBy,
  newGroup,
  newTrait,
  newUsers,
  rootOf,
  type TraitCondition,
  type UsersCondition,
} from "./model";

/** What can be chosen from. */
export interface Choices {
  words: Vocabulary;
  audiences: readonly { key: string; name: string }[];
  /** Custom traits and computed traits. */
  traits: readonly string[];
}

interface GroupProps {
  group: Group;
  onChange: (group: Group) => void;
  choices: Choices;
  subject: Subject;
  depth?: number;
  label?: string;
}

const DEPTH_MAX = 3;

export function GroupPart({ group, onChange, choices, subject, depth = 0, label }: GroupProps) {
  const add = (condition: Condition) =>
    onChange({ ...group, conditions: [...group.conditions, condition] });
  const put = (at: number, next: Condition | null) =>
    onChange({
      ...group,
      conditions: group.conditions.flatMap((one, index) =>
        index === at ? (next ? [next] : []) : [one],
      ),
    });
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out freely everywhere.
    <div
      role="group"
      aria-label={label ?? "Conditions"}
      className={classes.group}
      data-nested={depth > 0 || undefined}
    >
      {group.conditions.length > 1 && (
        <SegmentedControl
          size="xs"
          style={{ alignSelf: "flex-start" }}
          aria-label="Which conditions have to hold"
          data={[
            { value: "all", label: "All of these" },
            { value: "any", label: "Any of these" },
          ]}
          value={group.match}
          onChange={(match) => onChange({ ...group, match: match as Group["match"] })}
        />
      )}
      {group.conditions.map((condition, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no name of their own.
        <div key={at}>
          {at > 0 && <div className={classes.joint}>{group.match === "all" ? "and" : "or"}</div>}
          <ConditionPart
            condition={condition}
            label={`Condition ${at + 1}`}
            choices={choices}
            subject={subject}
            depth={depth}
            onChange={(next) => put(at, next)}
            onRemove={() => put(at, null)}
          />
        </div>
      ))}
      <AddCondition
        isFirst={group.conditions.length === 0}
        subject={subject}
        canNest={depth < DEPTH_MAX}
        onAdd={add}
      />
    </div>
  );
}

interface AddProps {
  isFirst: boolean;
  subject: Subject;
  canNest: boolean;
  onAdd: (condition: Condition) => void;
}

function AddCondition({ isFirst, subject, canNest, onAdd }: AddProps) {
  return (
    <Row gap="xs">
      <Menu position="bottom-start" width={290} transitionProps={{ duration: 0 }}>
        <Menu.Target>
          <Button
            size="compact-sm"
            variant={isFirst ? "filled" : "default"}
            leftSection={<IconPlus size={14} aria-hidden />}
          >
            Add condition
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Choice
            title="Event"
            hint="What somebody did, how often, and when"
            onClick={() => onAdd(newEvent())}
          />
          <Choice
            title="No event"
            hint="Who did not do something"
            onClick={() => onAdd({ ...newEvent(), negated: true })}
          />
          <Choice
            title="Trait"
            hint={
              subject === "USERS" ? "What is known of somebody" : "What is known of the account"
            }
            onClick={() => onAdd(newTrait())}
          />
          <Choice
            title="Audience"
            hint="Who is in another audience"
            onClick={() => onAdd(newAudience())}
          />
          {subject === "ACCOUNTS" && (
            <Choice
              title="Users"
              hint="Any, all or none of the account's users"
              onClick={() => onAdd(newUsers())}
            />
          )}
          {canNest && (
            <Choice
              title="Group"
              hint="Conditions that go together"
              onClick={() => onAdd(newGroup([newEvent()], "any"))}
            />
          )}
        </Menu.Dropdown>
      </Menu>
    </Row>
  );
}

function Choice({ title, hint, onClick }: { title: string; hint: string; onClick: () => void }) {
  return (
    <Menu.Item onClick={onClick}>
      <Text fz="sm" fw={550}>
        {title}
      </Text>
      <Text fz="xs" c="dimmed">
        {hint}
      </Text>
    </Menu.Item>
  );
}

interface ConditionProps {
  condition: Condition;
  label: string;
  choices: Choices;
  subject: Subject;
  depth: number;
  onChange: (condition: Condition) => void;
  onRemove: () => void;
}

function ConditionPart(props: ConditionProps) {
  const { condition, label, choices, subject, depth, onChange, onRemove } = props;
  const remove = (
    <ActionIcon aria-label={`Remove ${label.toLowerCase()}`} onClick={onRemove}>
      <IconX size={16} />
    </ActionIcon>
  );
  if (condition.kind === "group") {
    return (
      <div className={classes.head}>
        <div className={classes.grow}>
          {condition.negated && <Text fz="sm">Not those of whom:</Text>}
          <GroupPart
            group={condition}
            onChange={onChange}
            choices={choices}
            subject={subject}
            depth={depth + 1}
            label={label}
          />
        </div>
        {remove}
      </div>
    );
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out freely everywhere.
    <div role="group" aria-label={label} className={classes.condition}>
      <div className={classes.head}>
        <div className={classes.grow}>
          {condition.kind === "event" && <EventPart {...{ condition, choices, onChange }} />}
          {condition.kind === "trait" && (
            <TraitPart {...{ condition, choices, subject, onChange }} />
          )}
          {condition.kind === "audience" && <AudiencePart {...{ condition, choices, onChange }} />}
          {condition.kind === "users" && <UsersPart {...{ condition, choices, depth, onChange }} />}
        </div>
        {remove}
      </div>
    </div>
  );
}

interface NegationProps {
  isNegated: boolean;
  words: [string, string];
  onChange: (isNegated: boolean) => void;
}

/** Who, or who not. */
function Negation({ isNegated, words, onChange }: NegationProps) {
  return (
    <Select
      w={Math.max(...words.map((word) => word.length)) * 8 + 52}
      aria-label="Who did, or who did not"
      data={[
        { value: "is", label: words[0] },
        { value: "not", label: words[1] },
      ]}
      value={isNegated ? "not" : "is"}
      allowDeselect={false}
      onChange={(next) => onChange(next === "not")}
    />
  );
}

interface EventProps {
  condition: EventCondition;
  choices: Choices;
  onChange: (condition: Condition) => void;
}

function EventPart({ condition, choices, onChange }: EventProps) {
  const change = (part: Partial<EventCondition>) => onChange({ ...condition, ...part });
  const { words } = choices;
  return (
    <>
      <div className={classes.line}>
        <Negation
          isNegated={condition.negated}
          words={["Who did", "Who did not do"]}
          onChange={(negated) => change({ negated })}
        />
        <NameInput
          label="Event"
          placeholder="Choose an event"
          value={condition.event}
          names={eventNames(words)}
          onChange={(event) => change({ event })}
          autoFocus={condition.event === ""}
        />
      </div>
      <div className={classes.line}>
        <CountLine sign={condition.sign} count={condition.count} onChange={change} />
        <WindowLine value={condition.window} onChange={(window) => change({ window })} />
      </div>
      <FiltersPart
        value={condition.where}
        event={condition.event}
        words={words}
        onChange={(where) => change({ where })}
      />
      {condition.followed_by && (
        <FollowedByPart
          value={condition.followed_by}
          first={condition.event}
          words={words}
          onChange={(followed_by) => change({ followed_by })}
        />
      )}
      {condition.excluded_sources.length > 0 && (
        <Text fz="xs" c="dimmed" mt={6}>
          Without events of {condition.excluded_sources.join(", ")}
        </Text>
      )}
      <div className={classes.line}>
        <AddFilter value={condition.where} onChange={(where) => change({ where })} />
        {!condition.followed_by && (
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            onClick={() => change({ followed_by: newFollowedBy() })}
          >
            Followed by…
          </Button>
        )}
      </div>
    </>
  );
}

interface TraitProps {
  condition: TraitCondition;
  choices: Choices;
  subject: Subject;
  onChange: (condition: Condition) => void;
}

function TraitPart({ condition, choices, subject, onChange }: TraitProps) {
  const names =
    subject === "USERS" ? choices.traits : choices.words.accountTraits.map((one) => one.path);
  return (
    <div className={classes.line}>
      <Negation
        isNegated={condition.negated}
        words={["Whose", "Not those whose"]}
        onChange={(negated) => onChange({ ...condition, negated })}
      />
      <span className={classes.word}>trait</span>
      <NameInput
        label="Trait"
        placeholder="Choose a trait"
        value={condition.path}
        names={names}
        onChange={(path) => onChange({ ...condition, path })}
        autoFocus={condition.path === ""}
      />
      <ComparedInput one={condition} onChange={onChange} />
    </div>
  );
}

interface AudienceProps {
  condition: AudienceCondition;
  choices: Choices;
  onChange: (condition: Condition) => void;
}

function AudiencePart({ condition, choices, onChange }: AudienceProps) {
  return (
    <div className={classes.line}>
      <Negation
        isNegated={condition.negated}
        words={["Who is", "Who is not"]}
        onChange={(negated) => onChange({ ...condition, negated })}
      />
      <span className={classes.word}>in the audience</span>
      <Select
        className={classes.name ?? ""}
        aria-label="Audience"
        placeholder="Choose an audience"
        nothingFoundMessage="There is no other audience yet."
        searchable
        data={choices.audiences.map(({ key, name }) => ({ value: key, label: name }))}
        value={condition.key || null}
        onChange={(key) => onChange({ ...condition, key: key ?? "" })}
      />
    </div>
  );
}

interface UsersProps {
  condition: UsersCondition;
  choices: Choices;
  depth: number;
  onChange: (condition: Condition) => void;
}

function UsersPart({ condition, choices, depth, onChange }: UsersProps) {
  return (
    <>
      <div className={classes.line}>
        <span className={classes.word}>
          {condition.negated ? "Not accounts of which" : "Accounts of which"}
        </span>
        <Select
          w={100}
          aria-label="How many of the users"
          data={["any", "all", "none"]}
          value={condition.quantifier}
          allowDeselect={false}
          onChange={(quantifier) =>
            onChange({ ...condition, quantifier: quantifier as UsersCondition["quantifier"] })
          }
        />
        <span className={classes.word}>of the users fulfil:</span>
      </div>
      <div className={classes.inset}>
        <GroupPart
          group={rootOf(condition.condition)}
          onChange={(inner) => onChange({ ...condition, condition: inner })}
          choices={choices}
          subject="USERS"
          depth={depth + 1}
          label="Conditions of the users"
        />
      </div>
    </>
  );
}
