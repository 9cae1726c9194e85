import { IconApps } from "@tabler/icons-react";
import { catalogQuery, queryClient } from "../../api/queries";
import { type Area, page } from "../../areas";

export const area: Area = {
  nav: [
    {
      section: "Connections",
      order: 30,
      label: "Catalog",
      to: "/catalog",
      icon: IconApps,
      keywords: "add connect new destination integrations vendors",
    },
  ],
  routes: [
    page("/catalog", () => import("./catalog"), "CatalogPage"),
    page("/catalog/:slug", () => import("./entry"), "EntryPage"),
    page("/catalog/:slug/connect", () => import("./connect"), "ConnectPage"),
  ],
  find: async () =>
    (await queryClient.ensureQueryData(catalogQuery)).map((entry) => ({
      id: entry.id,
      label: entry.name,
      description: "In the catalog",
      to: `/catalog/${entry.slug}`,
      icon: IconApps,
    })),
};
