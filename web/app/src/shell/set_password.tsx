/** Where the link of an invitation leads: the person chooses a password. */

import { Alert, Button, Paper, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { errorOf, Unreachable } from "../api/errors";
import { useDeed } from "../parts/deed";
import { ErrorState } from "../parts/error_state";
import { Mark } from "./frame";
import classes from "./sign_in.module.css";

const LENGTH_MIN = 12;

async function setPassword(linkToken: string, password: string): Promise<void> {
  const answer = await fetch("/api/v1/password", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ link_token: linkToken, password }),
  }).catch(() => {
    throw new Unreachable();
  });
  if (!answer.ok) throw errorOf(answer.status, await answer.json().catch(() => null));
}

export function SetPasswordPage() {
  const [parameters] = useSearchParams();
  // Behind the # it is in no server's log; older links have it as a parameter.
  const linkToken = location.hash.slice(1) || parameters.get("token") || "";
  const [password, setNew] = useState("");
  const [again, setAgain] = useState("");
  const deed = useDeed();
  const [isDone, setDone] = useState(false);
  const tooShort = password.length > 0 && password.length < LENGTH_MIN;
  const differs = again.length > 0 && again !== password;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await deed.run(() => setPassword(linkToken, password))) setDone(true);
  };

  return (
    <main className={classes.ground}>
      <div className={classes.box}>
        <div className={classes.brand}>
          <Mark size={40} />
          <Title order={1}>{isDone ? "Your password is set" : "Choose a password"}</Title>
        </div>
        <Paper p="lg">
          {isDone ? (
            <Stack>
              <Text>Sign in with your e-mail and the new password.</Text>
              <Button component={Link} to="/">
                Go to sign-in
              </Button>
            </Stack>
          ) : (
            <form onSubmit={submit}>
              <Stack>
                {!linkToken && (
                  <Alert
                    color="red"
                    variant="outline"
                    role="alert"
                    icon={<IconAlertCircle />}
                    title="The link is not complete."
                  >
                    Open it once more as you were sent it, or ask an owner for a new one.
                  </Alert>
                )}
                {deed.error !== null && <ErrorState error={deed.error} again="Set the password" />}
                <PasswordInput
                  label="New password"
                  description={`At least ${LENGTH_MIN} characters; a few words are easy to remember.`}
                  autoComplete="new-password"
                  value={password}
                  error={tooShort && `${LENGTH_MIN - password.length} more characters.`}
                  onChange={(event) => setNew(event.currentTarget.value)}
                />
                <PasswordInput
                  label="The same again"
                  autoComplete="new-password"
                  value={again}
                  error={differs && "The passwords do not match."}
                  onChange={(event) => setAgain(event.currentTarget.value)}
                />
                <Button
                  type="submit"
                  loading={deed.isBusy}
                  disabled={!linkToken || password.length < LENGTH_MIN || again !== password}
                >
                  Set the password
                </Button>
              </Stack>
            </form>
          )}
        </Paper>
      </div>
    </main>
  );
}
