/** The way to Ramen's secure mode: its destination's page, or the choice among several. */

import { Anchor, Paper, Text } from "@mantine/core";
import { IconShieldLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Navigate } from "react-router";
import { destinationsQuery, sourcesQuery } from "../../api/queries";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import classes from "./destinations.module.css";

export function RamenPage() {
  const destinations = useQuery(destinationsQuery);
  const sources = useQuery(sourcesQuery);
  return (
    <QueryView query={destinations}>
      {(all) => {
        const found = all.filter((one) => one.metadata.slug === "ramen");
        const [first] = found;
        if (first && found.length === 1) {
          return <Navigate replace to={`/destinations/${first.id}/secure-mode`} />;
        }
        return (
          <>
            <PageHeader
              title="Ramen"
              description="Secure mode: the code for your server, and a check of what it signs."
            />
            {first ? (
              <Paper component="ul" className={classes.rows ?? ""}>
                {found.map((one) => (
                  <li key={one.id}>
                    <Anchor component={Link} to={`/destinations/${one.id}/secure-mode`} fz="sm">
                      {one.name}
                    </Anchor>
                    <Text c="dimmed">
                      For {sources.data?.find((source) => source.id === one.sourceId)?.name}
                    </Text>
                  </li>
                ))}
              </Paper>
            ) : (
              <EmptyState
                icon={IconShieldLock}
                title="Ramen is not connected yet"
                action={{ label: "Connect Ramen", to: "/catalog/ramen/connect" }}
              >
                Once it is, this page has the code that your server needs for secure mode, and
                checks what it signs.
              </EmptyState>
            )}
          </>
        );
      }}
    </QueryView>
  );
}
