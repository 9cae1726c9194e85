import { ActionIcon, Avatar, Menu, Text } from "@mantine/core";
import { IconKey, IconLogout } from "@tabler/icons-react";
import { Link } from "react-router";
import { session, signOut } from "../api/session";
import { useSignal } from "../api/signal";
import { tellError } from "../parts/tell";

const ROLES = {
  owner: "Owner: can do everything",
  editor: "Editor: can change sources and destinations",
  viewer: "Viewer: can view, and change nothing",
};

export function AccountMenu() {
  const found = useSignal(session);
  if (!found) return null;
  const name = found.person?.name ?? "Administrator";
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <ActionIcon size="lg" radius="xl" aria-label={`Account of ${name}`}>
          <Avatar size={28} radius="xl" color="petrol" alt="" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label c="inherit">
          <Text fw={600} fz="sm">
            {name}
          </Text>
          <Text fz="xs" c="dimmed">
            {found.person?.email ?? "Signed in with the admin token"}
          </Text>
          <Text fz="xs" c="dimmed">
            {ROLES[found.role]}
          </Text>
        </Menu.Label>
        <Menu.Divider />
        {found.person && (
          <Menu.Item
            component={Link}
            to="/workspace/password"
            leftSection={<IconKey size={16} aria-hidden />}
          >
            Change your password
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => signOut().catch(tellError)}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
