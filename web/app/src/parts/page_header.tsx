import { Anchor, Breadcrumbs, Group, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { Link } from "react-router";
import classes from "./parts.module.css";

interface Props {
  title: string;
  /** One or two sentences: what the page is for. */
  description?: ReactNode;
  /** Buttons; the main one last. */
  actions?: ReactNode;
  /** The way here, without this page. */
  breadcrumbs?: readonly { label: string; to: string }[];
  /** Beside the title, such as a `StatusBadge`. */
  badge?: ReactNode;
}

/** The head of every page. It names the browser's tab as well. */
export function PageHeader({ title, description, actions, breadcrumbs = [], badge }: Props) {
  useEffect(() => {
    document.title = `${title} · Crossdock`;
  }, [title]);
  return (
    <header className={classes.header}>
      {breadcrumbs.length > 0 && (
        <Breadcrumbs component="nav" aria-label="Breadcrumbs" fz="sm" mb={6} separatorMargin={6}>
          {breadcrumbs.map(({ label, to }) => (
            <Anchor key={to} component={Link} to={to} fz="sm">
              {label}
            </Anchor>
          ))}
        </Breadcrumbs>
      )}
      <Group justify="space-between" align="flex-start" gap="md">
        <div className={classes.headerText}>
          <Group gap="sm">
            <Title order={1}>{title}</Title>
            {badge}
          </Group>
          {description && (
            <Text c="dimmed" mt={4} maw="68ch">
              {description}
            </Text>
          )}
        </div>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
    </header>
  );
}
