import { IconArchive, IconRepeat, IconSend } from "@tabler/icons-react";
import { destinationsQuery, queryClient } from "../../api/queries";
import { type Area, page } from "../../areas";

export const area: Area = {
  nav: [
    {
      section: "Delivery",
      order: 0,
      label: "Overview",
      to: "/delivery",
      icon: IconSend,
      keywords: "delivered failed filtered balance retries latency",
    },
    {
      section: "Delivery",
      order: 20,
      label: "Dead letters",
      to: "/delivery/dead-letters",
      icon: IconArchive,
      keywords: "given up failed retry discard",
    },
    {
      section: "Delivery",
      order: 30,
      label: "Replay",
      to: "/delivery/replay",
      icon: IconRepeat,
      keywords: "send again backfill dry run",
    },
  ],
  routes: [
    page("/delivery", () => import("./overview"), "OverviewPage"),
    page("/destinations/:id/delivery", () => import("./connection"), "ConnectionDeliveryPage"),
    page("/delivery/dead-letters", () => import("./dead_letters"), "DeadLettersPage"),
    page("/delivery/replay", () => import("./replays"), "ReplaysPage"),
    page("/delivery/replay/new", () => import("./new_replay"), "NewReplayPage"),
  ],
  find: async () =>
    (await queryClient.ensureQueryData(destinationsQuery)).map((connection) => ({
      id: `delivery ${connection.id}`,
      label: `Delivery of ${connection.name}`,
      description: "Delivery",
      to: `/destinations/${connection.id}/delivery`,
      icon: IconSend,
    })),
};
