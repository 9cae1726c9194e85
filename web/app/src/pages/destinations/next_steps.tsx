/** What to do with a destination that is set up: try it, and see what arrived. */

import { Button, Group, Paper, Select, Stack, Text, Title } from "@mantine/core";
import { IconExternalLink, IconSend } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, data } from "../../api/client";
import { sourcesQuery } from "../../api/queries";
import { useMay } from "../../api/roles";
import { hasFeature } from "../../page_facts";
import { useDeed } from "../../parts/deed";
import { ErrorState } from "../../parts/error_state";
import { LoadingRows } from "../../parts/query_view";
import { vendorName } from "../catalog/entries";
import { type EventTest, Steps } from "../events/try_event";
import type { Destination } from "./queries";
import { firstTest, sandboxOf, shopFor, TESTS, type TestType, testEvent } from "./tests";

interface Props {
  destination: Destination;
  isNew: boolean;
}

export function NextSteps({ destination, isNew }: Props) {
  const canEdit = useMay("editor");
  const sandbox = hasFeature("sandbox") ? sandboxOf(destination.settings) : null;
  const isInBrowser = destination.metadata.mode === "device";
  if (!isInBrowser && !canEdit && !sandbox) return null;
  return (
    <Paper p="lg" component="section" aria-labelledby="next-title">
      <Title order={2} id="next-title" mb="sm">
        {isNew ? "Next: see it work" : "See it work"}
      </Title>
      {isInBrowser ? (
        <OnAPage destination={destination} sandbox={sandbox} />
      ) : (
        <FromHere destination={destination} sandbox={sandbox} canEdit={canEdit} />
      )}
    </Paper>
  );
}

interface WayProps {
  destination: Destination;
  /** The sandbox's page, if the settings lead there. */
  sandbox: string | null;
}

function OnAPage({ destination, sandbox }: WayProps) {
  const sources = useQuery(sourcesQuery);
  // The way to the shop comes first, and would push the others aside under the pointer.
  if (hasFeature("demo") && sources.isPending) return <LoadingRows count={2} />;
  const writeKey = sources.data?.find((one) => one.id === destination.sourceId)?.writeKeys[0];
  const hasShop = hasFeature("demo") && writeKey !== undefined;
  return (
    <>
      <Text mb="md" maw="68ch">
        {hasShop
          ? "Open the demo shop, click around, and watch the events arrive."
          : "Open a page that has this source's snippet. What it sends goes straight from the browser."}
      </Text>
      <Group gap="xs">
        {hasShop && (
          <Outside href={shopFor(writeKey)} isMain>
            Open the demo shop
          </Outside>
        )}
        <SeeInSandbox destination={destination} sandbox={sandbox} />
        <Button variant="default" component={Link} to={`/sources/${destination.sourceId}/setup`}>
          Show the snippet
        </Button>
      </Group>
    </>
  );
}

function FromHere({ destination, sandbox, canEdit }: WayProps & { canEdit: boolean }) {
  const [type, setType] = useState<TestType>(() => firstTest(destination.metadata));
  const [test, setTest] = useState<EventTest>();
  const deed = useDeed();
  const send = () =>
    deed.run(async () => {
      const answer = await data(
        api.POST("/destinations/{destination_id}/test-event", {
          params: { path: { destination_id: destination.id } },
          body: { event: testEvent(type, new Date(), crypto.randomUUID()), send: true },
        }),
      );
      setTest(answer.test);
    });
  return (
    <>
      <Text mb="md" maw="68ch">
        {canEdit
          ? `Send a test event to ${vendorName(destination.metadata)} and see each step: filters, triggers, mappings, and the request itself.`
          : `Events that reach ${vendorName(destination.metadata)}'s sandbox are listed there.`}
      </Text>
      <Group gap="xs" align="flex-end">
        {canEdit && (
          <>
            <Select
              label="Type of event"
              data={TESTS.map((one) => ({ value: one, label: one }))}
              value={type}
              onChange={(next) => setType((next ?? type) as TestType)}
              allowDeselect={false}
              w={150}
            />
            <Button
              leftSection={<IconSend size={16} aria-hidden />}
              loading={deed.isBusy}
              onClick={() => void send()}
            >
              Send a test event
            </Button>
          </>
        )}
        <SeeInSandbox destination={destination} sandbox={sandbox} />
      </Group>
      <div aria-live="polite">
        {deed.error !== null && <ErrorState error={deed.error} again="Send a test event" />}
        {test && (
          <Stack mt="lg" gap="xs">
            <Steps test={test} name={destination.name} />
          </Stack>
        )}
      </div>
    </>
  );
}

function SeeInSandbox({ destination, sandbox }: WayProps) {
  if (!sandbox) return null;
  return <Outside href={sandbox}>See it in {vendorName(destination.metadata)}'s sandbox</Outside>;
}

interface OutsideProps {
  href: string;
  isMain?: boolean;
  children: React.ReactNode;
}

/** A button to a page beside the app, which stays open. */
function Outside({ href, isMain, children }: OutsideProps) {
  return (
    <Button
      component="a"
      href={href}
      target="_blank"
      rel="noopener"
      variant={isMain ? "filled" : "default"}
      rightSection={<IconExternalLink size={15} aria-hidden />}
    >
      {children}
    </Button>
  );
}
