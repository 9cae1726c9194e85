import { IconMathFunction } from "@tabler/icons-react";
import type { RouteObject } from "react-router";
import { type Area, page } from "../../areas";

export const area: Area = {
  nav: [
    {
      section: "Engage",
      order: 20,
      label: "Computed traits",
      to: "/traits",
      icon: IconMathFunction,
      keywords: "engage sum count average most frequent",
    },
  ],
  routes: [
    page("/traits", () => import("./list"), "TraitsPage"),
    page("/traits/new", () => import("./new_trait"), "NewTraitPage"),
    {
      ...page("/traits/:id", () => import("./list"), "TraitFrame"),
      children: [
        page("", () => import("../audiences/members"), "MembersTab"),
        page("definition", () => import("./definition_tab"), "TraitDefinitionTab"),
        page("destinations", () => import("../audiences/destinations"), "DestinationsTab"),
        page("settings", () => import("../audiences/settings"), "SettingsTab"),
      ],
    } as RouteObject,
  ],
};
