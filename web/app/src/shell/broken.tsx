import { Container } from "@mantine/core";
import { useRouteError } from "react-router";
import { ErrorState } from "../parts/error_state";

/** A page that threw, or could not be loaded. The navigation stays. */
export function Broken() {
  const error = useRouteError();
  return (
    <Container size="sm" py="xl">
      <ErrorState error={error} onRetry={() => location.reload()} retryLabel="Reload the page" />
    </Container>
  );
}
