/**
 * The areas of the app. Each folder of `pages/` has a `routes.tsx` that says what it brings; there
 * is no list to add it to.
 */

import type { Icon } from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { RouteObject } from "react-router";

/** The groups of the navigation, in its order; the first has no heading. */
export const SECTIONS = ["", "Connections", "Delivery", "Engage", "Workspace", "Tools"] as const;

export interface NavEntry {
  section: (typeof SECTIONS)[number];
  /** Its place within the section; leave room for what comes between. */
  order: number;
  label: string;
  to: string;
  icon: Icon;
  /** Other words that people look for it by. */
  keywords?: string;
  /** Only for these roles; everybody if left out. */
  roles?: readonly string[];
  /** Only on servers that have this. */
  feature?: "sandbox" | "demo";
}

/** Something that can be opened from the search: a source, a connection, an audience. */
export interface Found {
  id: string;
  label: string;
  description?: string;
  to: string;
  icon: Icon;
}

export interface Area {
  nav: readonly NavEntry[];
  /** Of the router; a page comes through `page()`, so that it is loaded when it is opened. */
  routes: RouteObject[];
  /** What the search can open of this area. Asked when the search is opened. */
  find?: () => Promise<Found[]>;
}

const modules = import.meta.glob<{ area: Area }>("./pages/*/routes.tsx", { eager: true });

export const areas: readonly Area[] = Object.values(modules).map((module) => module.area);

/** Returns a lazy route: `page("/sources", () => import("./list"), "SourcesPage")`. */
export function page<Name extends string>(
  path: string,
  load: () => Promise<Record<Name, ComponentType>>,
  name: Name,
): RouteObject {
  return { path, lazy: async () => ({ Component: (await load())[name] }) };
}
