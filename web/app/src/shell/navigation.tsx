import { ScrollArea } from "@mantine/core";
import { NavLink } from "react-router";
import { SECTIONS } from "../areas";
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
              <NavLink key={to} to={to} end={to === "/"} className={classes.entry ?? ""}>
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
