import { Anchor, Paper, Progress, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { explain } from "../../api/errors";
import classes from "./builder/builder.module.css";
import { accountLink, detailOf, nameOf, profileLink, shown } from "./people";
import { type Definition, type Kind, type Member, previewQuery } from "./queries";

interface Props {
  kind: Kind;
  definition: Definition;
  isWithAnonymous: boolean;
  /** Of the one that is edited. */
  id: string | null;
  /** What is still to be filled in. */
  missing: string | null;
}

const WAIT_MS = 300;

/** How many it would be now, and some of them. */
export function PreviewPane({ kind, definition, isWithAnonymous, id, missing }: Props) {
  const [settled] = useDebouncedValue(definition.query, WAIT_MS);
  const preview = useQuery({
    ...previewQuery(kind, { ...definition, query: settled }, isWithAnonymous, id),
    placeholderData: keepPreviousData,
  });
  const who = definition.type === "USERS" ? "people" : "accounts";
  const found = definition.query === "" ? undefined : preview.data;
  return (
    <Paper p="lg" component="section" aria-label="Preview" className={classes.aside}>
      <Text fz="xs" fw={600} c="dimmed">
        {kind === "audience" ? "In it now" : "Would have a value"}
      </Text>
      <div aria-live="polite" aria-busy={preview.isFetching}>
        {missing ? (
          <Text c="dimmed" mt="xs">
            {missing} Then you see here who it is.
          </Text>
        ) : definition.query === "" ? (
          <Text c="dimmed" mt="xs">
            Correct the text, and you see here who it is.
          </Text>
        ) : preview.error ? (
          <Text c="dimmed" mt="xs">
            {explain(preview.error).what} {explain(preview.error).todo}
          </Text>
        ) : found ? (
          <>
            <div className={classes.size}>{found.size.toLocaleString()}</div>
            <Text c="dimmed" fz="sm">
              of {found.total.toLocaleString()} {who}
              {found.total > 0 && ` (${percent(found.size, found.total)})`}
            </Text>
            <Progress
              value={found.total ? (100 * found.size) / found.total : 0}
              size="sm"
              mt="sm"
              aria-label="Share of all"
            />
            {found.size === 0 ? (
              <Text c="dimmed" fz="sm" mt="md">
                {found.total === 0
                  ? "Nobody is known yet. Whoever comes is looked at within a second."
                  : "Nobody at the moment. Who fulfils it later gets in within a second."}
              </Text>
            ) : (
              <ul className={classes.people} style={{ marginTop: 14 }}>
                {found.sample.map((member) => (
                  <li key={member.profile?.id ?? member.groupId}>
                    <Who member={member} />
                    {kind === "computed_trait" && <b>{shown(member.value)}</b>}
                  </li>
                ))}
              </ul>
            )}
            {found.size > found.sample.length && found.sample.length > 0 && (
              <Text c="dimmed" fz="xs" mt={4}>
                and {(found.size - found.sample.length).toLocaleString()} more
              </Text>
            )}
          </>
        ) : (
          <Text c="dimmed" mt="xs">
            Counting…
          </Text>
        )}
      </div>
    </Paper>
  );
}

const percent = (part: number, whole: number): string =>
  new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 }).format(
    part / whole,
  );

/** Somebody, with the way to them. */
export function Who({ member }: { member: Member }) {
  const { profile, groupId } = member;
  if (profile) {
    const detail = detailOf(profile);
    return (
      <span>
        <Anchor component={Link} to={profileLink(profile.id)} fz="sm">
          {nameOf(profile)}
        </Anchor>
        {detail && (
          <Text span c="dimmed" fz="xs" display="block">
            {detail}
          </Text>
        )}
      </span>
    );
  }
  if (groupId) {
    return (
      <Anchor component={Link} to={accountLink(groupId)} fz="sm">
        {groupId}
      </Anchor>
    );
  }
  return <span>Somebody who was forgotten meanwhile</span>;
}
