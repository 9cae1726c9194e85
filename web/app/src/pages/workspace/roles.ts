import type { Role } from "../../api/session";

/** The roles, and what each may do. */
export const ROLES: readonly { value: Role; label: string; may: string }[] = [
  { value: "viewer", label: "Viewer", may: "Looks at everything, and changes nothing." },
  { value: "editor", label: "Editor", may: "Changes what is sent where, and replays." },
  { value: "owner", label: "Owner", may: "Does everything, people and tokens included." },
];

export const roleLabel = (role: string): string =>
  ROLES.find(({ value }) => value === role)?.label ?? role;
