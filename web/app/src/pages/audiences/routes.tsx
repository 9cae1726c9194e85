import { IconPlus, IconUsersGroup } from "@tabler/icons-react";
import type { RouteObject } from "react-router";
import { queryClient } from "../../api/queries";
import { type Area, page } from "../../areas";
import { listQuery } from "./queries";

export const area: Area = {
  nav: [
    {
      section: "Engage",
      order: 10,
      label: "Audiences",
      to: "/audiences",
      icon: IconUsersGroup,
      keywords: "engage personas segment cohort",
    },
  ],
  routes: [
    page("/audiences", () => import("./list"), "AudiencesPage"),
    page("/audiences/new", () => import("./new_audience"), "NewAudiencePage"),
    {
      ...page("/audiences/:id", () => import("./audience"), "AudienceFrame"),
      children: [
        page("", () => import("./members"), "MembersTab"),
        page("definition", () => import("./definition_tab"), "DefinitionTab"),
        page("destinations", () => import("./destinations"), "DestinationsTab"),
        page("settings", () => import("./settings"), "SettingsTab"),
      ],
    } as RouteObject,
  ],
  find: async () => {
    const found = await queryClient.fetchQuery(listQuery("audience"));
    return [
      ...found.map(({ id, name }) => ({
        id,
        label: name,
        description: "Audience",
        to: `/audiences/${id}`,
        icon: IconUsersGroup,
      })),
      { id: "new audience", label: "New audience", to: "/audiences/new", icon: IconPlus },
    ];
  },
};
