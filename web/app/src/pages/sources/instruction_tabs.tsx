/** The code to paste, for each place that events can come from, and a test event. */

import { Button, Group, Stack, Tabs, Text } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMay } from "../../api/roles";
import { CodeBlock } from "../../parts/code_block";
import { useDeed } from "../../parts/deed";
import { ErrorState } from "../../parts/error_state";
import { QueryView } from "../../parts/query_view";
import { tell } from "../../parts/tell";
import { instructions } from "./instructions";
import { type Source, snippetQuery } from "./queries";
import { sendTestEvent } from "./test_event";

const SNIPPET_HEIGHT = 300;

export function InstructionTabs({ source }: { source: Source }) {
  const query = useQuery(snippetQuery(source.id));
  return (
    <QueryView query={query}>
      {(place) => {
        const all = instructions(place, place.snippet, source.metadata.id);
        return (
          <Tabs defaultValue={all[0]?.id ?? "curl"} keepMounted={false}>
            <Tabs.List>
              {all.map(({ id, label }) => (
                <Tabs.Tab key={id} value={id}>
                  {label}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            {all.map(({ id, steps }) => (
              <Tabs.Panel key={id} value={id} pt="md">
                <Stack gap="md">
                  {steps.map(({ text, code, language, label }) => (
                    <div key={text}>
                      <Text mb={6}>{text}</Text>
                      <CodeBlock language={language} label={label} maxHeight={SNIPPET_HEIGHT}>
                        {code}
                      </CodeBlock>
                    </div>
                  ))}
                </Stack>
              </Tabs.Panel>
            ))}
          </Tabs>
        );
      }}
    </QueryView>
  );
}

export function TestEventButton({ source }: { source: Source }) {
  const canEdit = useMay("editor");
  const deed = useDeed();
  const writeKey = source.writeKeys[0];
  if (!canEdit || !writeKey) return null;
  const send = () =>
    deed.run(async () => {
      await sendTestEvent(writeKey);
      tell("The test event was accepted.");
    });
  return (
    <Stack gap="sm">
      {deed.error !== null && <ErrorState error={deed.error} again="Send a test event" />}
      <Group>
        <Button
          variant="default"
          leftSection={<IconSend size={16} aria-hidden />}
          loading={deed.isBusy}
          onClick={() => void send()}
        >
          Send a test event
        </Button>
      </Group>
    </Stack>
  );
}
