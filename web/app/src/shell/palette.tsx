/** Ctrl K: every page, and what the areas say can be found in them. */

import { Spotlight, type SpotlightActionGroupData } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { areas } from "../areas";
import { useNavEntries } from "./nav_entries";

export function Palette() {
  const navigate = useNavigate();
  const entries = useNavEntries();
  const [isOpen, setOpen] = useState(false);
  const found = useQuery({
    queryKey: ["palette"],
    enabled: isOpen,
    // One area that cannot answer takes nothing from the others.
    queryFn: async () => {
      const answers = await Promise.allSettled(areas.map((area) => area.find?.() ?? []));
      return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    },
  });

  const groups: SpotlightActionGroupData[] = [
    {
      group: "Pages",
      actions: entries.map(({ to, label, section, keywords, icon: Icon }) => ({
        id: `page ${to}`,
        label,
        description: section,
        keywords: keywords ?? "",
        leftSection: <Icon size={18} stroke={1.6} aria-hidden />,
        onClick: () => navigate(to),
      })),
    },
    {
      group: "In the workspace",
      actions: (found.data ?? []).map(({ id, label, description, to, icon: Icon }) => ({
        id: `found ${id}`,
        label,
        description: description ?? "",
        leftSection: <Icon size={18} stroke={1.6} aria-hidden />,
        onClick: () => navigate(to),
      })),
    },
  ];

  return (
    <Spotlight
      actions={groups}
      shortcut={["mod + K", "/"]}
      limit={12}
      radius="lg"
      nothingFound="No matches. Try part of the name."
      highlightQuery
      scrollable
      maxHeight={420}
      onSpotlightOpen={() => setOpen(true)}
      onSpotlightClose={() => setOpen(false)}
      searchProps={{
        leftSection: <IconSearch size={18} aria-hidden />,
        placeholder: "Go to a page, a source, a destination…",
        "aria-label": "Search",
      }}
    />
  );
}
