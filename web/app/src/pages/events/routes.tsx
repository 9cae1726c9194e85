import { IconRoute } from "@tabler/icons-react";
import { type Area, page } from "../../areas";

export const area: Area = {
  nav: [
    {
      section: "Delivery",
      order: 10,
      label: "Where is my event?",
      to: "/events",
      icon: IconRoute,
      keywords: "trace messageId user search ledger life",
    },
  ],
  routes: [
    page("/events", () => import("./search"), "SearchPage"),
    page("/events/:messageId", () => import("./trace"), "TracePage"),
  ],
};
