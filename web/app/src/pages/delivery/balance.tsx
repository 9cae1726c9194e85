/** Where everything is that was accepted, in words, with a green check or what is missing. */

import { Anchor, Paper, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconClockHour4 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { balanceQuery } from "../../api/queries";
import { QueryView } from "../../parts/query_view";
import { balanceInWords, differenceInWords } from "./balance_words";
import classes from "./delivery.module.css";
import type { Account } from "./queries";

const REFRESH_MS = 10_000;

/** @param destinationId Only of this one; otherwise of every source and its destinations. */
export function Balance({ destinationId }: { destinationId?: string }) {
  const balance = useQuery({ ...balanceQuery, refetchInterval: REFRESH_MS });
  return (
    <section aria-label="Balance">
      <Title order={2} mb={4}>
        Balance
      </Title>
      <Text c="dimmed" mb="sm" maw="68ch">
        Every accepted event is accounted for, from source to destination.
      </Text>
      <QueryView query={balance}>
        {({ accounts, names, isSettled, holds }) => {
          const shown = accounts.filter(
            (account) => !destinationId || account.destinationId === destinationId,
          );
          if (shown.length === 0) return <Text c="dimmed">Nothing received yet.</Text>;
          return (
            <>
              <Paper component="ul" className={classes.accounts}>
                {shown.map((account) => (
                  <AccountLine
                    key={`${account.sourceId} ${account.destinationId}`}
                    account={account}
                    name={names[account.destinationId ?? account.sourceId] ?? ""}
                    isInner={!destinationId && account.destinationId !== null}
                    isSettled={isSettled}
                  />
                ))}
              </Paper>
              <Text fz="xs" c="dimmed" mt={6}>
                {!isSettled
                  ? "Events are in flight right now. Anything unfinished counts as waiting."
                  : holds
                    ? "Nothing is missing."
                    : "Some events are unaccounted for. Check the server log, and report this with the output of “crossdock balance”."}
              </Text>
            </>
          );
        }}
      </QueryView>
    </section>
  );
}

interface LineProps {
  account: Account;
  name: string;
  isInner: boolean;
  isSettled: boolean;
}

function AccountLine({ account, name, isInner, isSettled }: LineProps) {
  const missing = differenceInWords(account);
  const [Icon, color, word] = missing
    ? [IconAlertTriangle, "var(--app-bad)", "It does not add up"]
    : isSettled
      ? [IconCircleCheck, "var(--app-good)", "It adds up"]
      : [IconClockHour4, "var(--app-busy)", "On its way"];
  const title =
    name ||
    (account.destinationId ? "A destination that was deleted" : "A source that was deleted");
  return (
    <li data-inner={isInner || undefined}>
      <Icon size={20} color={color} role="img" aria-label={word} />
      <div>
        {account.destinationId && name ? (
          <Anchor
            component={Link}
            to={`/destinations/${account.destinationId}/delivery`}
            fw={600}
            fz="sm"
          >
            {title}
          </Anchor>
        ) : (
          <Text fw={600}>{title}</Text>
        )}
        <Text c="dimmed">{balanceInWords(account)}</Text>
        {missing && (
          <Text c="var(--mantine-color-error)" fw={600}>
            {missing}
          </Text>
        )}
      </div>
    </li>
  );
}
