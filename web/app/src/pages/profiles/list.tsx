import { Anchor, Badge, Button, Group, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch, IconUserSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { type Column, DataTable } from "../../parts/data_table";
import { EmptyState } from "../../parts/empty_state";
import { ErrorState } from "../../parts/error_state";
import { PageHeader } from "../../parts/page_header";
import { LoadingRows } from "../../parts/query_view";
import { TimeAgo } from "../../parts/time_ago";
import { detailOf, nameOf, profileLink, shown } from "../audiences/people";
import { profilesQuery, type Short } from "./queries";

const WAIT_MS = 250;
const TRAITS_MAX = 3;

const columns: readonly Column<Short>[] = [
  {
    key: "who",
    label: "Person",
    width: "minmax(0, 2fr)",
    render: (profile) => (
      <>
        <Anchor component={Link} to={profileLink(profile.id)} fw={550} fz="sm">
          {nameOf(profile)}
        </Anchor>{" "}
        {profile.isAnonymous && <Badge>Anonymous</Badge>}
        <Text fz="xs" c="dimmed">
          {detailOf(profile)}
        </Text>
      </>
    ),
  },
  {
    key: "traits",
    label: "Traits",
    width: "minmax(0, 2.4fr)",
    render: ({ traits }) => (
      <Text fz="xs" c="dimmed" lineClamp={2}>
        {Object.entries(traits)
          .filter(([key]) => key !== "name" && key !== "email")
          .slice(0, TRAITS_MAX)
          .map(([key, value]) => `${key}: ${shown(value)}`)
          .join(" · ") || "none"}
      </Text>
    ),
  },
  {
    key: "updated",
    label: "Last heard of",
    width: "150px",
    render: (profile) => <TimeAgo at={profile.updatedAt} />,
  },
];

export function ProfilesPage() {
  const [parameters, setParameters] = useSearchParams();
  const [typed, setTyped] = useState(parameters.get("q") ?? "");
  const [search] = useDebouncedValue(typed.trim(), WAIT_MS);
  // The address finds it again after going back. It changes with every letter: later it would get
  // between a click and the page that it leads to.
  const look = (text: string) => {
    setTyped(text);
    setParameters(text.trim() ? { q: text.trim() } : {}, { replace: true });
  };
  const query = useInfiniteQuery(profilesQuery(search));
  const rows = query.data?.pages.flatMap((page) => page.profiles);
  const total = query.data?.pages[0]?.total ?? 0;
  return (
    <>
      <PageHeader
        title="Profiles"
        description={
          query.data
            ? `${total.toLocaleString()} people, ${(query.data.pages[0]?.totalKnown ?? 0).toLocaleString()} of them known by more than a browser.`
            : "Everybody that events have told of."
        }
      />
      <TextInput
        type="search"
        aria-label="Look for somebody"
        placeholder="Beginning of a user id, e-mail address, name or any trait"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={typed}
        maw={480}
        mb="md"
        autoFocus
        onChange={(event) => look(event.currentTarget.value)}
      />
      {rows && !(query.isPlaceholderData && rows.length === 0) ? (
        <>
          <DataTable
            label="Profiles"
            columns={columns}
            rows={rows}
            rowKey={(profile) => profile.id}
            to={(profile) => profileLink(profile.id)}
            empty={
              search ? (
                <EmptyState
                  icon={IconSearch}
                  title="Nobody is found"
                  action={{ label: "Show everybody", onClick: () => look("") }}
                >
                  No identifier and no trait begins with “{search}”.
                </EmptyState>
              ) : (
                <EmptyState
                  icon={IconUserSearch}
                  title="Nobody is known yet"
                  action={{ label: "Go to the sources", to: "/sources" }}
                >
                  A profile is made of the first event of somebody. Send one, and they are here
                  within a second.
                </EmptyState>
              )
            }
          />
          {query.hasNextPage && (
            <Group justify="center" mt="md">
              <Button
                variant="default"
                loading={query.isFetchingNextPage}
                onClick={() => void query.fetchNextPage()}
              >
                Show more
              </Button>
            </Group>
          )}
        </>
      ) : query.error ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <LoadingRows />
      )}
    </>
  );
}
