import { IconPlugConnected, IconShieldLock } from "@tabler/icons-react";
import { destinationsQuery, queryClient } from "../../api/queries";
import { type Area, page } from "../../areas";

export const area: Area = {
  nav: [
    {
      section: "Connections",
      order: 20,
      label: "Destinations",
      to: "/destinations",
      icon: IconPlugConnected,
      keywords: "connections vendors filters settings",
    },
    {
      section: "Tools",
      order: 10,
      label: "Ramen",
      to: "/ramen",
      icon: IconShieldLock,
      keywords: "secure mode hash auth_hash signature",
    },
  ],
  routes: [
    page("/destinations", () => import("./list"), "DestinationsPage"),
    page("/destinations/:id", () => import("./overview"), "OverviewPage"),
    page("/destinations/:id/settings", () => import("./settings"), "SettingsPage"),
    page("/destinations/:id/filters", () => import("./filters"), "FiltersPage"),
    page("/destinations/:id/filters/:filterId", () => import("./filter"), "FilterPage"),
    page("/destinations/:id/secure-mode", () => import("./secure_mode"), "SecureModePage"),
    page("/ramen", () => import("./ramen"), "RamenPage"),
  ],
  find: async () =>
    (await queryClient.ensureQueryData(destinationsQuery)).map((one) => ({
      id: one.id,
      label: one.name,
      description: "Destination",
      to: `/destinations/${one.id}`,
      icon: IconPlugConnected,
    })),
};
