/** Somebody: by what they are known, what is known of them, what they did, and where they are in. */

import { Anchor, Badge, Button, Code, Radio, Stack, Text } from "@mantine/core";
import { IconUserQuestion } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { api, data } from "../../api/client";
import { ApiError } from "../../api/errors";
import { useMay } from "../../api/roles";
import { ConfirmButton } from "../../parts/confirm_button";
import { CopyButton } from "../../parts/copy_button";
import { EmptyState } from "../../parts/empty_state";
import { JsonView } from "../../parts/json_view";
import { PageHeader } from "../../parts/page_header";
import { LoadingRows, QueryView } from "../../parts/query_view";
import { tell } from "../../parts/tell";
import { TimeAgo } from "../../parts/time_ago";
import { accountLink, identifiersInOrder, nameOf } from "../audiences/people";
import { traceLink } from "../events/link";
import { Memberships, Section, SourceName, Traits } from "./parts";
import classes from "./profile.module.css";
import { doneQuery, membershipsQuery, type Profile, profileQuery } from "./queries";

const CRUMBS = [{ label: "Profiles", to: "/profiles" }];

export function ProfilePage() {
  const { reference = "" } = useParams();
  const query = useQuery(profileQuery(reference));
  if (query.error instanceof ApiError && query.error.isMissing) {
    return (
      <>
        <PageHeader title="Nobody is known by this" breadcrumbs={CRUMBS} />
        <EmptyState
          icon={IconUserQuestion}
          title="There is no such profile"
          action={{ label: "Look for somebody", to: "/profiles" }}
        >
          Nothing was heard of them yet, or they were forgotten. The address can be a number, or
          such as user_id:42.
        </EmptyState>
      </>
    );
  }
  return (
    <QueryView query={query}>
      {(profile) => <Whole profile={profile} reference={reference} />}
    </QueryView>
  );
}

function Whole({ profile, reference }: { profile: Profile; reference: string }) {
  const mayEdit = useMay("editor");
  const traits = Object.fromEntries(profile.traits.map(({ key, value }) => [key, value]));
  const name = nameOf({ ...profile, traits });
  const userId = profile.identifiers.find((one) => one.type === "user_id")?.value;
  return (
    <>
      <PageHeader
        title={name}
        breadcrumbs={CRUMBS}
        badge={profile.isAnonymous ? <Badge>Anonymous</Badge> : undefined}
        description={
          <>
            {profile.eventCount.toLocaleString()} {profile.eventCount === 1 ? "event" : "events"}
            {profile.lastEventAt && (
              <>
                , the last <TimeAgo at={profile.lastEventAt} />
              </>
            )}
          </>
        }
        actions={mayEdit && userId !== undefined && <Forget userId={userId} name={name} />}
      />
      <div className={classes.columns}>
        <div className={classes.stack}>
          <Section title="Events">
            <Events reference={reference} />
          </Section>
        </div>
        <div className={classes.stack}>
          <Section title="Known by">
            <ul className={classes.rows}>
              {identifiersInOrder(profile.identifiers).map((one) => (
                <li key={`${one.type} ${one.value}`}>
                  <div className={classes.pair}>
                    <span className={classes.key}>{one.type.replaceAll("_", " ")}</span>
                    <span className={classes.value}>
                      {one.value} <CopyButton value={one.value} label={one.type} />
                    </span>
                  </div>
                  <div className={classes.when}>
                    <TimeAgo at={one.firstSeenAt} />, by{" "}
                    <Anchor component={Link} to={traceLink(one.messageId)} fz="inherit">
                      this event
                    </Anchor>{" "}
                    from <SourceName id={one.sourceId} />
                  </div>
                </li>
              ))}
            </ul>
            <Merges profile={profile} />
          </Section>
          <Section title="Traits">
            <Traits traits={profile.traits} />
          </Section>
          <Section title="Audiences and computed traits">
            <MembershipsOf reference={reference} />
          </Section>
          <Section title="Accounts">
            {profile.groups.length === 0 ? (
              <Text c="dimmed">Belongs to none. They come with group calls.</Text>
            ) : (
              <ul className={classes.rows}>
                {profile.groups.map((group) => (
                  <li key={group.groupId} className={classes.pair}>
                    <Anchor component={Link} to={accountLink(group.groupId)} fz="sm">
                      {typeof group.traits.name === "string" ? group.traits.name : group.groupId}
                    </Anchor>
                    <span className={classes.when}>
                      since <TimeAgo at={group.since} />
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </Section>
        </div>
      </div>
    </>
  );
}

function Merges({ profile }: { profile: Profile }) {
  if (profile.merges.length === 0) return null;
  return (
    <>
      <Text fw={600} fz="sm" mt="md">
        Why these are one person
      </Text>
      <ul className={classes.rows}>
        {profile.merges.map((merge) => (
          <li key={merge.loserId}>
            An event had{" "}
            {merge.identifiers.map((one, at) => (
              <span key={`${one.type} ${one.value}`}>
                {at > 0 && " and "}
                the {one.type?.replaceAll("_", " ")} <Code>{one.value}</Code>
              </span>
            ))}
            , which had belonged to two profiles.
            <div className={classes.when}>
              <TimeAgo at={merge.mergedAt} />, by{" "}
              <Anchor component={Link} to={traceLink(merge.messageId)} fz="inherit">
                this event
              </Anchor>{" "}
              from <SourceName id={merge.sourceId} />. The histories of both are here.
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

function MembershipsOf({ reference }: { reference: string }) {
  const query = useQuery(membershipsQuery(reference));
  return (
    <QueryView query={query} loading={<LoadingRows count={2} />}>
      {(memberships) => <Memberships memberships={memberships} />}
    </QueryView>
  );
}

function Events({ reference }: { reference: string }) {
  const query = useInfiniteQuery(doneQuery(reference));
  if (!query.data) return <QueryView query={query}>{() => null}</QueryView>;
  const events = query.data.pages.flatMap((page) => page.events);
  if (events.length === 0) return <Text c="dimmed">None is kept any more.</Text>;
  return (
    <>
      <ul className={classes.rows}>
        {events.map((event) => {
          const details =
            event.type === "identify" || event.type === "group" ? event.traits : event.properties;
          const title = event.event ?? event.type;
          return (
            <li key={event.messageId}>
              <details>
                <summary className={classes.event}>
                  <b>{title}</b>{" "}
                  <span className={classes.when}>
                    {event.type}, <TimeAgo at={event.timestamp} />
                  </span>
                </summary>
                <JsonView value={details} open={1} />
                <div className={classes.when}>
                  From <SourceName id={event.sourceId} />.{" "}
                  <Anchor component={Link} to={traceLink(event.messageId)} fz="inherit">
                    What became of it
                  </Anchor>
                </div>
              </details>
            </li>
          );
        })}
      </ul>
      {query.hasNextPage && (
        <Button
          variant="default"
          mt="sm"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          Show older ones
        </Button>
      )}
    </>
  );
}

/** Deletes somebody, and refuses them from then on if that is wanted. */
function Forget({ userId, name }: { userId: string; name: string }) {
  const navigate = useNavigate();
  const [kind, setKind] = useState<"DELETE_ONLY" | "SUPPRESS_WITH_DELETE">("SUPPRESS_WITH_DELETE");
  return (
    <ConfirmButton
      label="Forget this person"
      title={`Forget ${name}?`}
      typed={userId}
      onConfirm={async () => {
        await data(
          api.POST("/regulations", {
            body: { regulationType: kind, subjectType: "USER_ID", subjectIds: [userId] },
          }),
        );
        tell(`${userId} is being forgotten.`);
        navigate("/privacy");
      }}
    >
      <Text fz="sm">
        Deleted are the profile, its traits and events, its memberships, what the ledger tells of
        it, and what still waits to be sent. This cannot be undone. What destinations have got
        already stays there: ask each vendor to delete it.
      </Text>
      <Radio.Group
        label="And afterwards"
        mt="md"
        value={kind}
        onChange={(value) => setKind(value as typeof kind)}
      >
        <Stack gap="xs" mt={6}>
          <Radio
            value="SUPPRESS_WITH_DELETE"
            label="Refuse what still comes of this user id"
            description="It is counted, and not kept. You can lift it under Privacy."
          />
          <Radio
            value="DELETE_ONLY"
            label="Begin anew if they come back"
            description="The next event with this user id makes a new profile."
          />
        </Stack>
      </Radio.Group>
    </ConfirmButton>
  );
}
