/** The way between the pages of one thing; what one is on is in view, on small screens too. */

import { useLayoutEffect, useRef } from "react";
import { NavLink, useLocation } from "react-router";
import classes from "./tab_links.module.css";

interface Props {
  label: string;
  /** The first one's address is the beginning of the others'. */
  tabs: readonly { to: string; label: string }[];
}

export function TabLinks({ label, tabs }: Props) {
  const nav = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: where the page is, is what this is about.
  useLayoutEffect(() => {
    const active = nav.current?.querySelector<HTMLElement>("[aria-current]");
    // Only sideways, and only these: the page stays where it is.
    if (nav.current && active) {
      nav.current.scrollLeft =
        active.offsetLeft - (nav.current.clientWidth - active.offsetWidth) / 2;
    }
  }, [pathname]);
  return (
    <nav ref={nav} className={classes.tabs} aria-label={label}>
      {tabs.map((tab, at) => (
        <NavLink key={tab.to} to={tab.to} end={at === 0} className={classes.tab ?? ""}>
          {tab.label}
        </NavLink>
      ))}
    </nav>
  );
}
