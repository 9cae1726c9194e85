/** The stand-in to which a destination leads, if it leads to one of this server's. */

import { hasFeature } from "../../page_facts";

export interface Sandbox {
  name: string;
  href: string;
}

const VENDORS: readonly Sandbox[] = [
  { name: "Ramen", href: "/sandbox/ramen/" },
  { name: "Ripe", href: "/sandbox/ripe/" },
];

/** Returns the stand-in to which some settings lead. */
export function sandboxOf(settings: Readonly<Record<string, unknown>>): Sandbox | null {
  if (!hasFeature("sandbox")) return null;
  const texts = Object.values(settings).map(String);
  return VENDORS.find(({ href }) => texts.some((text) => text.includes(href))) ?? null;
}

/** Returns where the stand-in shows somebody. */
export const sandboxLink = ({ href }: Sandbox, userId: string): string =>
  `${href}?user=${encodeURIComponent(userId)}#users`;
