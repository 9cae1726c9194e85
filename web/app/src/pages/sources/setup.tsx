import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { Arrival } from "./arrival";
import { InstructionTabs, TestEventButton } from "./instruction_tabs";
import { useSource } from "./source_frame";

export function SetupTab() {
  const { source } = useSource();
  return (
    <Stack gap="lg">
      <Paper p="lg" component="section" aria-label="Instructions">
        <Title order={2} mb={4}>
          Send events from here
        </Title>
        <Text c="dimmed" mb="md" maw="68ch">
          This server's address and the source's write key are filled in. A page that has Segment's
          snippet already keeps it: change its host name to this server's, and add its write key
          under Settings.
        </Text>
        <InstructionTabs source={source} />
      </Paper>
      <Paper p="lg" component="section" aria-label="The latest event">
        <Group justify="space-between" mb="md">
          <Title order={2}>The latest event</Title>
          <TestEventButton source={source} />
        </Group>
        <Arrival sourceId={source.id}>
          Waiting for the first event. It shows here within a second of being sent.
        </Arrival>
      </Paper>
    </Stack>
  );
}
