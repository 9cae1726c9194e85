/** An account: what is known of it, and who belongs to it. */

import { Anchor, Button, Text } from "@mantine/core";
import { IconBuilding } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { api, data } from "../../api/client";
import { ApiError } from "../../api/errors";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { LoadingRows, QueryView } from "../../parts/query_view";
import { TimeAgo } from "../../parts/time_ago";
import { detailOf, nameOf, profileLink } from "../audiences/people";
import { Memberships, Section, Traits } from "./parts";
import classes from "./profile.module.css";

const CRUMBS = [{ label: "Profiles", to: "/profiles" }];

export function AccountPage() {
  const { groupId = "" } = useParams();
  const path = { group_id: groupId };
  const query = useQuery({
    queryKey: ["account", groupId],
    queryFn: async () =>
      (await data(api.GET("/accounts/{group_id}", { params: { path } }))).account,
  });
  const memberships = useQuery({
    queryKey: ["account", groupId, "memberships"],
    queryFn: async () =>
      (await data(api.GET("/accounts/{group_id}/memberships", { params: { path } }))).memberships,
  });
  if (query.error instanceof ApiError && query.error.isMissing) {
    return (
      <>
        <PageHeader title="No such account" breadcrumbs={CRUMBS} />
        <EmptyState
          icon={IconBuilding}
          title={`No group call had the id ${groupId}`}
          action={{ label: "Go to the profiles", to: "/profiles" }}
        />
      </>
    );
  }
  return (
    <QueryView query={query}>
      {(account) => {
        const named = account.traits.find((trait) => trait.key === "name")?.value;
        return (
          <>
            <PageHeader
              title={typeof named === "string" ? named : account.groupId}
              breadcrumbs={CRUMBS}
              description={
                <>
                  Account {account.groupId}, first heard of <TimeAgo at={account.createdAt} />
                </>
              }
            />
            <div className={classes.columns}>
              <Section title="Members">
                <Members groupId={groupId} />
              </Section>
              <div className={classes.stack}>
                <Section title="Traits">
                  <Traits traits={account.traits} />
                </Section>
                <Section title="Audiences and computed traits">
                  <QueryView query={memberships} loading={<LoadingRows count={2} />}>
                    {(found) => <Memberships memberships={found} />}
                  </QueryView>
                </Section>
              </div>
            </div>
          </>
        );
      }}
    </QueryView>
  );
}

function Members({ groupId }: { groupId: string }) {
  const query = useInfiniteQuery({
    queryKey: ["account", groupId, "members"],
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/accounts/{group_id}/members", {
          params: { path: { group_id: groupId }, query: pageParam ? { cursor: pageParam } : {} },
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
  if (!query.data) return <QueryView query={query}>{() => null}</QueryView>;
  const people = query.data.pages.flatMap((page) => page.profiles);
  if (people.length === 0) return <Text c="dimmed">Nobody belongs to it.</Text>;
  return (
    <>
      <ul className={classes.rows}>
        {people.map((profile) => (
          <li key={profile.id} className={classes.pair}>
            <Anchor component={Link} to={profileLink(profile.id)} fz="sm">
              {nameOf(profile)}
            </Anchor>
            <span className={classes.when}>{detailOf(profile)}</span>
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <Button
          variant="default"
          mt="sm"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </>
  );
}
