import { IconHome } from "@tabler/icons-react";
import { type Area, page } from "../../areas";

export const area: Area = {
  nav: [{ section: "", order: 0, label: "Home", to: "/", icon: IconHome }],
  routes: [page("/", () => import("./home"), "HomePage")],
};
