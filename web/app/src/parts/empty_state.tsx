import { Button, Paper, Text, Title } from "@mantine/core";
import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import classes from "./parts.module.css";

interface Props {
  icon: Icon;
  /** What there is not. */
  title: string;
  /** Why, and what it would be good for. */
  children?: ReactNode;
  /** What to do next: a link, or something to call. */
  action?: { label: string; to: string } | { label: string; onClick: () => void };
}

/** Where there is nothing yet: says so, and what to do next. */
export function EmptyState({ icon: Icon, title, children, action }: Props) {
  return (
    <Paper className={classes.empty}>
      <div className={classes.emptyIcon}>
        <Icon size={26} stroke={1.5} aria-hidden />
      </div>
      <Title order={2}>{title}</Title>
      {children && (
        <Text c="dimmed" maw="52ch">
          {children}
        </Text>
      )}
      {action &&
        ("to" in action ? (
          <Button component={Link} to={action.to} mt="md">
            {action.label}
          </Button>
        ) : (
          <Button onClick={action.onClick} mt="md">
            {action.label}
          </Button>
        ))}
    </Paper>
  );
}
