import type { Role } from "../../api/session";

/** The roles, and what each may do. */
export const ROLES: readonly { value: Role; label: string; may: string }[] = [
  { value: "viewer", label: "Viewer", may: "Can view everything, and change nothing." },
  {
    value: "editor",
    label: "Editor",
    may: "Can change sources and destinations, and start replays.",
  },
  { value: "owner", label: "Owner", may: "Can do everything, including people and API tokens." },
];

export const roleLabel = (role: string): string =>
  ROLES.find(({ value }) => value === role)?.label ?? role;
