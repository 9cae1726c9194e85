import { IconFileCode, IconHistory, IconKey, IconUsers } from "@tabler/icons-react";
import { type Area, page } from "../../areas";

export const area: Area = {
  nav: [
    {
      section: "Workspace",
      order: 0,
      label: "As code",
      to: "/workspace/code",
      icon: IconFileCode,
      keywords: "yaml export import plan apply download upload",
    },
    {
      section: "Workspace",
      order: 10,
      label: "People",
      to: "/workspace/people",
      icon: IconUsers,
      keywords: "invite roles users members password",
      roles: ["owner"],
    },
    {
      section: "Workspace",
      order: 20,
      label: "API tokens",
      to: "/workspace/tokens",
      icon: IconKey,
      keywords: "access bearer automation",
      roles: ["owner"],
    },
    {
      section: "Workspace",
      order: 30,
      label: "Audit log",
      to: "/workspace/audit",
      icon: IconHistory,
      keywords: "who changed what history",
      roles: ["owner", "editor"],
    },
  ],
  routes: [
    page("/workspace/code", () => import("./as_code"), "AsCodePage"),
    page("/workspace/people", () => import("./people"), "PeoplePage"),
    page("/workspace/tokens", () => import("./tokens"), "TokensPage"),
    page("/workspace/audit", () => import("./audit"), "AuditPage"),
    page("/workspace/password", () => import("./password"), "PasswordPage"),
  ],
};
