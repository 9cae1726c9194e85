import { ScrollArea } from "@mantine/core";
import { NavLink } from "react-router";
import { type NavEntry, SECTIONS } from "../areas";
import { useNavEntries } from "./nav_entries";
import classes from "./navigation.module.css";

export function Navigation() {
  const entries = useNavEntries();
  return (
    <ScrollArea type="never" className={classes.scroll}>
      {SECTIONS.map((section) => {
        const own = entries.filter((entry) => entry.section === section);
        if (own.length === 0) return null;
        return (
          <div key={section} className={classes.section}>
            {section && <div className={classes.heading}>{section}</div>}
            {own.map(({ to, label, icon: Icon }) => (
              <NavLink key={to} to={to} end={hasBelow(to, entries)} className={classes.entry ?? ""}>
                <Icon size={18} stroke={1.6} aria-hidden />
                {label}
              </NavLink>
            ))}
          </div>
        );
      })}
    </ScrollArea>
  );
}

/** Whether another entry lies below this one, which is then not the page that is open. */
function hasBelow(to: string, entries: readonly NavEntry[]): boolean {
  return to === "/" || entries.some((other) => other.to.startsWith(`${to}/`));
}
