/** Ramen's secure mode: what the person's server has to do, and whether it does it right. */

import {
  Alert,
  Anchor,
  Button,
  Code,
  Group,
  Paper,
  PasswordInput,
  Stack,
  Tabs,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { api, data } from "../../api/client";
import { useMay } from "../../api/roles";
import type { components } from "../../api/schema";
import { CodeBlock } from "../../parts/code_block";
import { ErrorState } from "../../parts/error_state";
import { useFieldSave } from "../catalog/field_save";
import classes from "./destinations.module.css";
import { DestinationFrame } from "./frame";
import type { Destination } from "./queries";
import { PAGE_CODE, serverCode } from "./secure_mode_code";

export function SecureModePage() {
  return (
    <DestinationFrame>
      {(destination) => (
        <div className={classes.columns}>
          <Guide destination={destination} />
          <Checker destination={destination} />
        </div>
      )}
    </DestinationFrame>
  );
}

function Guide({ destination }: { destination: Destination }) {
  const organizationId = String(destination.settings.organization_id ?? "");
  const codes = serverCode(organizationId);
  return (
    <Paper p="lg" component="section">
      <Title order={2}>Set it up</Title>
      <Text c="dimmed" mb="md">
        With secure mode on, Ramen believes who a visitor is only if your server signed it.
        Organization:{" "}
        {organizationId ? (
          <Code>{organizationId}</Code>
        ) : (
          <Anchor
            component={Link}
            to={`/destinations/${destination.id}/settings`}
            fz="inherit"
            underline="always"
          >
            not set yet
          </Anchor>
        )}
      </Text>
      <Stack>
        <div>
          <Title order={3}>1. On your server</Title>
          <Text mb="xs">
            Keep the organization's secret, from Ramen's RamenJS settings page, in the environment
            as <Code>RAMEN_SECRET</Code>.
          </Text>
          <Tabs defaultValue="Python">
            <Tabs.List mb="xs">
              {codes.map(({ name }) => (
                <Tabs.Tab key={name} value={name}>
                  {name}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            {codes.map(({ name, language, code }) => (
              <Tabs.Panel key={name} value={name}>
                <CodeBlock language={language} label={`The code for ${name}`}>
                  {code}
                </CodeBlock>
              </Tabs.Panel>
            ))}
          </Tabs>
        </div>
        <div>
          <Title order={3}>2. In the page, each time anew</Title>
          <Text mb="xs">
            Pass the result with the same id, e-mail and name that were signed. A page that is
            cached for longer than 15 minutes is refused.
          </Text>
          <CodeBlock language="javascript" label="The code for the page">
            {PAGE_CODE}
          </CodeBlock>
        </div>
        <div>
          <Title order={3}>3. Check one, then turn secure mode on in Ramen</Title>
          <Text>Paste what a page of yours passes, and see whether Ramen would take it.</Text>
        </div>
      </Stack>
    </Paper>
  );
}

type Verdict = components["schemas"]["Verdict"];
const FIELDS = [
  ["email", "E-mail", "As passed to identify; empty if there is none."],
  ["id", "User id", "The first argument of identify."],
  ["name", "Name", "As passed to identify; empty if there is none."],
  ["timestamp", "Timestamp", "Seconds since 1970."],
  ["auth_hash", "Hash", "What the page passes as auth_hash."],
] as const;
type Values = Record<(typeof FIELDS)[number][0], string>;
const EMPTY: Values = { email: "", id: "", name: "", timestamp: "", auth_hash: "" };

function Checker({ destination }: { destination: Destination }) {
  const canCheck = useMay("editor");
  const [values, setValues] = useState<Values>(EMPTY);
  const [secret, setSecret] = useState("");
  const [verdict, setVerdict] = useState<Verdict>();
  const save = useFieldSave((field) => field in EMPTY || field === "secret");
  const set = (name: string, value: string) => {
    setValues((all) => ({ ...all, [name]: value }));
    // A verdict is of what was checked, and of nothing else.
    setVerdict(undefined);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    await save.run(async () => {
      const { check } = await data(
        api.POST("/destinations/{destination_id}/secure-mode/check", {
          params: { path: { destination_id: destination.id } },
          body: {
            id: values.id || null,
            email: values.email || null,
            name: values.name || null,
            timestamp: values.timestamp.trim() || null,
            auth_hash: values.auth_hash.trim() || null,
            secret,
          },
        }),
      );
      setVerdict(check);
    });
  };
  return (
    <Paper p="lg" component="section">
      <Title order={2}>Check a signature</Title>
      <Text c="dimmed" mb="md">
        Right or wrong, and why. What you paste is used once and kept nowhere.
      </Text>
      <form onSubmit={submit}>
        <Stack gap="sm">
          {FIELDS.map(([name, label, description]) => (
            <TextInput
              key={name}
              label={label}
              description={description}
              spellCheck={false}
              autoComplete="off"
              value={values[name]}
              error={save.errors[name]}
              onChange={(event) => set(name, event.currentTarget.value)}
            />
          ))}
          <PasswordInput
            label="Organization's secret"
            description="From Ramen's RamenJS settings page."
            required
            autoComplete="off"
            value={secret}
            error={save.errors.secret}
            onChange={(event) => {
              setSecret(event.currentTarget.value);
              setVerdict(undefined);
            }}
          />
          {save.error !== null && <ErrorState error={save.error} again="Check" />}
          <Group>
            <Button
              type="submit"
              loading={save.isBusy}
              disabled={!canCheck}
              title={canCheck ? undefined : "Your role is viewer: only editors can check."}
            >
              Check
            </Button>
          </Group>
          <div aria-live="polite">
            {verdict && (
              <Alert
                variant="outline"
                color={verdict.isRight ? "petrol" : "red"}
                icon={verdict.isRight ? <IconCircleCheck /> : <IconAlertTriangle />}
                title={verdict.isRight ? "Right" : `Wrong. ${verdict.what}`}
                bg="var(--mantine-color-body)"
              >
                <Text fz="sm">{verdict.isRight ? verdict.what : verdict.do}</Text>
              </Alert>
            )}
          </div>
        </Stack>
      </form>
    </Paper>
  );
}
