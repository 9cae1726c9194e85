import { IconBroadcast, IconPlus } from "@tabler/icons-react";
import type { RouteObject } from "react-router";
import { queryClient, sourcesQuery } from "../../api/queries";
import { type Area, page } from "../../areas";

export const area: Area = {
  nav: [
    {
      section: "Connections",
      order: 10,
      label: "Sources",
      to: "/sources",
      icon: IconBroadcast,
      keywords: "write key snippet website server debugger",
    },
  ],
  routes: [
    page("/sources", () => import("./list"), "SourcesPage"),
    page("/sources/new", () => import("./new_source"), "NewSourcePage"),
    {
      ...page("/sources/:sourceId", () => import("./source_frame"), "SourceFrame"),
      children: [
        page("", () => import("./overview"), "OverviewTab"),
        page("debugger", () => import("./debugger"), "DebuggerTab"),
        page("setup", () => import("./setup"), "SetupTab"),
        page("discards", () => import("./discards"), "DiscardsTab"),
        page("settings", () => import("./settings"), "SettingsTab"),
      ],
    } as RouteObject,
  ],
  find: async () => {
    const sources = await queryClient.fetchQuery(sourcesQuery);
    return [
      ...sources.flatMap(({ id, name, metadata }) => [
        {
          id,
          label: name,
          description: `Source, ${metadata.name}`,
          to: `/sources/${id}`,
          icon: IconBroadcast,
        },
        {
          id: `${id} debugger`,
          label: `Debugger of ${name}`,
          description: "Source",
          to: `/sources/${id}/debugger`,
          icon: IconBroadcast,
        },
      ]),
      { id: "new source", label: "New source", to: "/sources/new", icon: IconPlus },
    ];
  },
};
