/** What the pages of a person and of an account have in common. */

import { Anchor, Button, Paper, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import { sourcesQuery } from "../../api/queries";
import { TimeAgo } from "../../parts/time_ago";
import { shown } from "../audiences/people";
import classes from "./profile.module.css";
import type { Membership, Trait } from "./queries";

export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Paper p="lg" component="section" aria-label={title}>
      <Title order={2} mb="xs">
        {title}
      </Title>
      {children}
    </Paper>
  );
}

/** The name of a source, with the way to it. */
export function SourceName({ id }: { id: string }) {
  const { data } = useQuery(sourcesQuery);
  const found = data?.find((one) => one.id === id);
  if (!data) return <span>a source</span>;
  if (!found) return <span>a source that was deleted</span>;
  return (
    <Anchor component={Link} to={`/sources/${id}`} fz="inherit">
      {found.name}
    </Anchor>
  );
}

const TRAITS_MAX = 40;

export function Traits({ traits }: { traits: readonly Trait[] }) {
  const [isWhole, setWhole] = useState(false);
  if (traits.length === 0) {
    return <Text c="dimmed">None yet. They come with identify and group calls.</Text>;
  }
  const shownTraits = isWhole ? traits : traits.slice(0, TRAITS_MAX);
  return (
    <>
      <ul className={classes.rows}>
        {shownTraits.map((trait) => (
          <li key={trait.key}>
            <div className={classes.pair}>
              <span className={classes.key}>{trait.key}</span>
              <bdi className={classes.value}>{shown(trait.value)}</bdi>
            </div>
            <div className={classes.when}>
              <TimeAgo at={trait.at} />, from <SourceName id={trait.sourceId} />
            </div>
          </li>
        ))}
      </ul>
      {shownTraits.length < traits.length && (
        <Button variant="default" mt="sm" onClick={() => setWhole(true)}>
          Show all {traits.length.toLocaleString()}
        </Button>
      )}
    </>
  );
}

export function Memberships({ memberships }: { memberships: readonly Membership[] }) {
  if (memberships.length === 0) {
    return (
      <Text c="dimmed">
        In none. <Link to="/audiences">See the audiences</Link>
      </Text>
    );
  }
  return (
    <ul className={classes.rows}>
      {memberships.map((one) => (
        <li key={one.id} className={classes.pair}>
          <Anchor
            component={Link}
            to={`/${one.kind === "audience" ? "audiences" : "traits"}/${one.id}`}
            fz="sm"
          >
            {one.name}
          </Anchor>
          <span>
            {one.kind === "computed_trait" && <b>{shown(one.value)} </b>}
            <span className={classes.when}>
              since <TimeAgo at={one.since} />
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}
