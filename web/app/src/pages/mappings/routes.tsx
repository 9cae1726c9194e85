import { type Area, page } from "../../areas";

export const area: Area = {
  nav: [],
  routes: [
    page("/destinations/:id/mappings", () => import("./list"), "MappingsPage"),
    page("/destinations/:id/mappings/:mappingId", () => import("./editor"), "MappingPage"),
  ],
};
