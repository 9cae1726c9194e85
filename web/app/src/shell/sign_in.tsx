/** How one gets in: by e-mail and password, or with the admin token. */

import {
  Anchor,
  Button,
  Code,
  Modal,
  Paper,
  PasswordInput,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { type FormEvent, useState } from "react";
import { isExpired, leave, session, signIn } from "../api/session";
import { useSignal } from "../api/signal";
import { useDeed } from "../parts/deed";
import { ErrorState } from "../parts/error_state";
import { Mark } from "./frame";
import classes from "./sign_in.module.css";

type Way = "token" | "password";
const KEPT_WAY = "crossdock-sign-in";

function keptWay(): Way {
  try {
    return localStorage.getItem(KEPT_WAY) === "password" ? "password" : "token";
  } catch {
    return "token";
  }
}

export function SignInPage() {
  return (
    <main className={classes.ground}>
      <div className={classes.box}>
        <div className={classes.brand}>
          <Mark size={40} />
          <Title order={1}>Sign in to Crossdock</Title>
        </div>
        <Paper p="lg">
          <SignInForm />
        </Paper>
      </div>
    </main>
  );
}

/** Over the page that was open when the session ended; what stands on it stays. */
export function ExpiredSession() {
  const isOpen = useSignal(isExpired);
  const email = useSignal(session)?.person?.email;
  return (
    <Modal
      opened={isOpen}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      title="Your session has ended"
      zIndex={900}
    >
      <Text fz="sm" mb="md">
        Sign in again to continue where you left off. Nothing you typed is lost.
      </Text>
      <SignInForm {...(email ? { email } : {})} />
      <Text fz="sm" mt="md">
        <Anchor component="button" type="button" onClick={leave}>
          Leave this page instead
        </Anchor>
      </Text>
    </Modal>
  );
}

function SignInForm({ email: knownEmail = "" }: { email?: string }) {
  const [way, setWay] = useState<Way>(knownEmail ? "password" : keptWay);
  const [token, setToken] = useState("");
  const [email, setEmail] = useState(knownEmail);
  const [password, setPassword] = useState("");
  const deed = useDeed();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    void deed.run(async () => {
      await signIn(way === "token" ? { token: token.trim() } : { email: email.trim(), password });
      localStorage.setItem(KEPT_WAY, way);
    });
  };

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <SegmentedControl
          fullWidth
          aria-label="How to sign in"
          value={way}
          onChange={(value) => {
            setWay(value as Way);
            deed.clear();
          }}
          data={[
            { value: "token", label: "Admin token" },
            { value: "password", label: "E-mail and password" },
          ]}
        />
        {deed.error !== null && <ErrorState error={deed.error} again="Sign in" />}
        {way === "token" ? (
          <PasswordInput
            label="Admin token"
            description={
              <>
                The server printed it when it first started, and keeps it in the file{" "}
                <Code>admin-token</Code> of its data directory.
              </>
            }
            required
            withAsterisk={false}
            autoFocus
            autoComplete="current-password"
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
          />
        ) : (
          <>
            <TextInput
              label="E-mail"
              type="email"
              required
              withAsterisk={false}
              autoFocus={!knownEmail}
              autoComplete="username"
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <PasswordInput
              label="Password"
              required
              withAsterisk={false}
              autoFocus={Boolean(knownEmail)}
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
          </>
        )}
        <Button type="submit" loading={deed.isBusy} fullWidth>
          Sign in
        </Button>
        {way === "password" && (
          <Text fz="xs" c="dimmed">
            No password yet, or forgotten? An owner of the workspace can make you a link to set one,
            under Workspace, People.
          </Text>
        )}
      </Stack>
    </form>
  );
}
