/** What every page of one audience or computed trait has. */

import { Text } from "@mantine/core";
import { IconUsersGroup } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Outlet, useOutletContext, useParams } from "react-router";
import { ApiError } from "../../api/errors";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { TabLinks } from "../../parts/tab_links";
import classes from "./audience.module.css";
import { type Computation, type Kind, oneQuery, WORDS } from "./queries";
import { StandingBadge } from "./standing";
import { Trend } from "./trend";

/** The audience or computed trait of the page. */
export interface Loaded {
  one: Computation;
  kind: Kind;
}

export const useLoaded = (): Loaded => useOutletContext<Loaded>();

export function Frame({ kind }: { kind: Kind }) {
  const { id = "" } = useParams();
  const query = useQuery(oneQuery(kind, id));
  const { one: word, many, to } = WORDS[kind];
  const crumbs = [{ label: many, to }];
  if (query.error instanceof ApiError && query.error.isMissing) {
    return (
      <>
        <PageHeader title={`No such ${word}`} breadcrumbs={crumbs} />
        <EmptyState
          icon={IconUsersGroup}
          title={`There is no ${word} at this address`}
          action={{ label: `Go to the ${many.toLowerCase()}`, to }}
        >
          It was deleted, or the link is from another server.
        </EmptyState>
      </>
    );
  }
  const tabs = [
    { to: `${to}/${id}`, label: kind === "audience" ? "Members" : "Values" },
    { to: `${to}/${id}/definition`, label: "Definition" },
    { to: `${to}/${id}/destinations`, label: "Destinations" },
    { to: `${to}/${id}/settings`, label: "Settings" },
  ];
  return (
    <QueryView query={query}>
      {(one) => (
        <>
          <PageHeader
            title={one.name}
            breadcrumbs={crumbs}
            badge={<StandingBadge one={one} />}
            description={<About one={one} />}
            actions={<Trend one={one} />}
          />
          <TabLinks label={`Of this ${word}`} tabs={tabs} />
          <Outlet context={{ one, kind } satisfies Loaded} key={one.id} />
        </>
      )}
    </QueryView>
  );
}

function About({ one }: { one: Computation }) {
  const who = one.definition.type === "USERS" ? ["person", "people"] : ["account", "accounts"];
  return (
    <>
      <b>{one.size.toLocaleString()}</b> {one.size === 1 ? who[0] : who[1]}
      {one.kind === "computed_trait" && " with a value"}
      {" · "}
      <Text span ff="monospace" fz="xs" className={classes.key}>
        {one.key}
      </Text>
      {one.options.includeAnonymousUsers && " · with anonymous visitors"}
    </>
  );
}

export const AudienceFrame = () => <Frame kind="audience" />;
