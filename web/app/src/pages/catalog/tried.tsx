/** "Test connection": asks the vendor whether the settings work, before anything is saved. */

import { Alert, Button, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useState } from "react";
import type { components } from "../../api/schema";
import { useDeed } from "../../parts/deed";
import { ErrorState } from "../../parts/error_state";

type Result = components["schemas"]["SettingsTest"];

interface Props {
  /** What is tried; a result is of these settings and of no others. */
  settings: Record<string, unknown>;
  test: () => Promise<Result>;
}

export function TestConnection({ settings, test }: Props) {
  const testing = useDeed((error) => {
    setTried({ of: key, error });
    return true;
  });
  const [tried, setTried] = useState<{ of: string; result?: Result; error?: unknown }>();
  const key = JSON.stringify(settings);

  const run = () => testing.run(async () => setTried({ of: key, result: await test() }));
  const current = tried?.of === key ? tried : undefined;

  return (
    <div>
      <Button variant="default" loading={testing.isBusy} onClick={() => void run()}>
        Test connection
      </Button>
      <div aria-live="polite">
        {current?.error !== undefined && (
          <ErrorState error={current.error} again="Test connection" />
        )}
        {current?.result && (
          <Alert
            mt="sm"
            variant="outline"
            color={current.result.isRight ? "petrol" : "red"}
            icon={current.result.isRight ? <IconCircleCheck /> : <IconAlertTriangle />}
            title={current.result.isRight ? "It works" : current.result.what}
            bg="var(--mantine-color-body)"
          >
            <Text fz="sm">{current.result.isRight ? current.result.what : current.result.do}</Text>
          </Alert>
        )}
      </div>
    </div>
  );
}
