import classes from "./catalog.module.css";

/** The first letter of a vendor: its picture would have to come from somewhere else. */
export function Logo({ name }: { name: string }) {
  return (
    <span className={classes.logo} aria-hidden>
      {name.slice(0, 1)}
    </span>
  );
}
