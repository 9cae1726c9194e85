import { IconUserOff } from "@tabler/icons-react";
import { type Area, page } from "../../areas";

export const area: Area = {
  nav: [
    {
      section: "Engage",
      order: 40,
      label: "Privacy",
      to: "/privacy",
      icon: IconUserOff,
      keywords: "gdpr delete suppress forget regulations user deletion",
    },
  ],
  routes: [page("/privacy", () => import("./privacy"), "PrivacyPage")],
};
