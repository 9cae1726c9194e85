/** Two edited the same: who was first, what they made of it, and the choice between both. */

import { Alert, Button, Code, Group, Table, Text } from "@mantine/core";
import { IconUsers } from "@tabler/icons-react";
import type { components } from "../../api/schema";
import { TimeAgo } from "../../parts/time_ago";

export interface Difference {
  label: string;
  theirs: string;
  mine: string;
}

interface Props {
  /** Null if it was deleted meanwhile, or nobody remembers who changed it. */
  conflict: components["schemas"]["Conflict"] | null;
  /** What it is: "this destination". */
  what: string;
  differences: readonly Difference[];
  onTheirs: () => void;
  onMine: () => void;
  isBusy: boolean;
}

export function ConflictAlert({ conflict, what, differences, onTheirs, onMine, isBusy }: Props) {
  return (
    <Alert
      role="alert"
      color="amber"
      variant="outline"
      icon={<IconUsers />}
      title={`${conflict?.changedBy ?? "Somebody else"} changed ${what} meanwhile`}
      bg="var(--mantine-color-body)"
    >
      <Text fz="sm">
        {conflict && (
          <>
            That was <TimeAgo at={conflict.changedAt} />.{" "}
          </>
        )}
        Nothing was saved, and what you typed is still here.
      </Text>
      {differences.length > 0 && (
        <Table mt="xs" withTableBorder fz="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Field</Table.Th>
              <Table.Th>Theirs</Table.Th>
              <Table.Th>Yours</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {differences.map((one) => (
              <Table.Tr key={one.label}>
                <Table.Td>{one.label}</Table.Td>
                <Table.Td>
                  <Code>{one.theirs}</Code>
                </Table.Td>
                <Table.Td>
                  <Code>{one.mine}</Code>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Group mt="sm" gap="xs">
        <Button variant="default" onClick={onTheirs}>
          Take theirs
        </Button>
        <Button variant="default" onClick={onMine} loading={isBusy}>
          Save mine over it
        </Button>
      </Group>
    </Alert>
  );
}

/** Returns where two differ, for those of the fields that are of interest. */
export function differencesBetween(
  labels: Readonly<Record<string, string>>,
  theirs: Readonly<Record<string, unknown>>,
  mine: Readonly<Record<string, unknown>>,
): Difference[] {
  const said = (value: unknown) =>
    value === undefined || value === null || value === ""
      ? "nothing"
      : typeof value === "string"
        ? value
        : JSON.stringify(value);
  return Object.entries(labels)
    .map(([key, label]) => ({ label, theirs: said(theirs[key]), mine: said(mine[key]) }))
    .filter((one) => one.theirs !== one.mine);
}
