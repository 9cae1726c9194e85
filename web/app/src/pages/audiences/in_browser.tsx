/** What it means that a destination is told in browsers, and whether it is. */

import { Alert, Anchor, Text } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { Link } from "react-router";
import type { components } from "../../api/schema";

type Destination = components["schemas"]["DestinationShape"];

/** Whether its script in the browser can be told in which audiences the user there is. */
export const isInBrowser = (destination: Destination): boolean =>
  destination.metadata.browserValuesOption != null;

export function InBrowser({ destination }: { destination: Destination }) {
  const { browserValuesOption, options } = destination.metadata;
  const option = options.find(({ name }) => name === browserValuesOption);
  const isOn = destination.settings[browserValuesOption ?? ""] === true;
  return (
    <>
      <Text fz="sm">
        Nothing is sent. When a page identifies a user, {destination.name} is told right there, with
        that identify, whether the user is in it at this moment.
      </Text>
      {option && !isOn && (
        <Alert
          variant="outline"
          color="amber"
          icon={<IconInfoCircle />}
          title="Switched off in the connection"
          bg="var(--mantine-color-body)"
        >
          <Text fz="sm">
            Pages are told nothing until “{option.label}” is switched on in{" "}
            <Anchor
              component={Link}
              to={`/destinations/${destination.id}/settings`}
              fz="inherit"
              underline="always"
            >
              the settings of {destination.name}
            </Anchor>
            , and your server signs who the user is.
          </Text>
        </Alert>
      )}
    </>
  );
}
