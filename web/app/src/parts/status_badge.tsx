import classes from "./parts.module.css";

export type State = "good" | "busy" | "warn" | "bad" | "idle";

interface Props {
  /** good: it works; busy: under way; warn: look at it; bad: it does not work; idle: off. */
  state: State;
  /** The state in words; the colour alone says nothing to many. */
  children: string;
}

export function StatusBadge({ state, children }: Props) {
  return (
    <span className={classes.status}>
      <span className={classes.dot} data-state={state} aria-hidden />
      {children}
    </span>
  );
}
