/** What one destination was told lately, each with the way to what became of it. */

import { Anchor, Badge, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { hasFeature } from "../../page_facts";
import { TimeAgo } from "../../parts/time_ago";
import { traceLink } from "../events/link";
import { useLoaded } from "./audience";
import classes from "./audience.module.css";
import { accountLink, profileLink, shown } from "./people";
import { type Output, toldQuery } from "./queries";
import { type Sandbox, sandboxLink } from "./sandbox";
import { type Told, toldOf } from "./told";

export function ToldLately({ output, sandbox }: { output: Output; sandbox: Sandbox | null }) {
  const { one } = useLoaded();
  const query = useQuery(toldQuery(one, output.destinationId));
  if (!query.data) return null;
  const told = toldOf(query.data, one, output.destinationId);
  return (
    <div className={classes.lately}>
      <Title order={3} fz="sm">
        Told lately
      </Title>
      {told.length === 0 ? (
        <Text c="dimmed" fz="sm" mt={4}>
          {output.sync && output.sync.told > 0
            ? "Not among the last hundreds that the destination was sent; “See what was sent” has them all."
            : "Nothing yet. Whoever gets in shows here within seconds."}
          {hasFeature("demo") && (
            <>
              {" "}
              To try it, do something that fits in{" "}
              <Anchor href="/demo/" target="_blank" rel="noopener" fz="inherit" underline="always">
                the demo shop
              </Anchor>
              .
            </>
          )}
        </Text>
      ) : (
        <ul className={classes.told} aria-label={`Told ${output.name} lately`}>
          {told.map((each) => (
            <li key={each.messageId}>
              <span className={classes.toldWho}>
                <Anchor component={Link} to={whoLink(each)} fz="sm">
                  <bdi>{each.who}</bdi>
                </Anchor>
                <Badge variant={each.value === false ? "outline" : "light"} tt="none">
                  {each.call === "track" ? `${each.event}: ` : ""}
                  {shown(each.value)}
                </Badge>
              </span>
              <span className={classes.toldLinks}>
                <Text span c="dimmed" fz="xs">
                  <TimeAgo at={each.at} />
                </Text>
                <Anchor component={Link} to={traceLink(each.messageId)} fz="xs">
                  What became of it
                </Anchor>
                {sandbox && (
                  <Anchor
                    href={sandboxLink(sandbox, each.who)}
                    target="_blank"
                    rel="noopener"
                    fz="xs"
                  >
                    See it in {sandbox.name}’s sandbox
                  </Anchor>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const whoLink = ({ who, kind }: Told): string =>
  kind === "group" ? accountLink(who) : profileLink(`${kind}:${who}`);
