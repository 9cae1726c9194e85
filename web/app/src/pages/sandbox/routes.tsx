import { IconFlask } from "@tabler/icons-react";
import { type Area, page } from "../../areas";

export const area: Area = {
  nav: [
    {
      section: "Tools",
      order: 20,
      label: "Sandbox vendors",
      to: "/vendors",
      icon: IconFlask,
      keywords: "ripe ramen stand-in people companies questions demo shop",
      feature: "sandbox",
    },
  ],
  routes: [page("/vendors", () => import("./vendors"), "VendorsPage")],
};
