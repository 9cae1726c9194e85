import { IconTable, IconUserSearch } from "@tabler/icons-react";
import { type Area, page } from "../../areas";

export const area: Area = {
  nav: [
    {
      section: "Engage",
      order: 30,
      label: "Profiles",
      to: "/profiles",
      icon: IconUserSearch,
      keywords: "people users customers identity unify traits",
    },
    {
      section: "Engage",
      order: 50,
      label: "SQL",
      to: "/sql",
      icon: IconTable,
      keywords: "query warehouse history tables csv",
    },
  ],
  routes: [
    page("/profiles", () => import("./list"), "ProfilesPage"),
    page("/profiles/:reference", () => import("./profile"), "ProfilePage"),
    page("/accounts/:groupId", () => import("./account"), "AccountPage"),
    page("/sql", () => import("./sql"), "SqlPage"),
  ],
};
