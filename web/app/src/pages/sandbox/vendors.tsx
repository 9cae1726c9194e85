/** The way to the stand-ins of the vendors, which are pages of their own. */

import { Badge, Button, Group, Paper, SimpleGrid, Text, Title } from "@mantine/core";
import { IconFlaskOff } from "@tabler/icons-react";
import { hasFeature } from "../../page_facts";
import { EmptyState } from "../../parts/empty_state";
import { PageHeader } from "../../parts/page_header";

const VENDORS = [
  {
    name: "Ripe",
    href: "/sandbox/ripe/",
    what: "Its people, its Companies, and the events as they come in.",
  },
  {
    name: "Ramen",
    href: "/sandbox/ramen/",
    what: "Its users and companies; questions with whom they are asked, and the answers.",
  },
];
const SHOP = {
  name: "Demo shop",
  href: "/demo/",
  what: "A shop with Analytics.js in it, and what arrives at both vendors beside it.",
};

export function VendorsPage() {
  const shown = hasFeature("demo") ? [...VENDORS, SHOP] : VENDORS;
  return (
    <>
      <PageHeader
        title="Sandbox vendors"
        description="Small stand-ins that behave as Ripe and Ramen are documented to, for trying things out without an account. They are not the vendors, and nothing leaves this server."
      />
      {hasFeature("sandbox") ? (
        <SimpleGrid cols={{ base: 1, xs: 2, lg: 3 }}>
          {shown.map(({ name, href, what }) => (
            <Paper key={name} p="lg" component="article" aria-label={name}>
              <Group gap="sm" mb={4}>
                <Title order={2}>{name}</Title>
                {name !== SHOP.name && <Badge>Stand-in</Badge>}
              </Group>
              <Text c="dimmed" mb="md">
                {what}
              </Text>
              <Button component="a" href={href} variant="default" aria-label={`Open ${name}`}>
                Open
              </Button>
            </Paper>
          ))}
        </SimpleGrid>
      ) : (
        <EmptyState
          icon={IconFlaskOff}
          title="This server has no sandbox"
          action={{ label: "Go home", to: "/" }}
        >
          Whoever runs it can switch it on with <code>--sandbox</code>.
        </EmptyState>
      )}
    </>
  );
}
