/** What every value editor of a page shares: the event's paths, and who has something unreadable. */

import { createContext, type ReactNode, useContext, useEffect, useId, useMemo } from "react";
import { type EventPath, pathsOf } from "./paths";

interface Surroundings {
  event: unknown;
  paths: readonly EventPath[];
  /** Told by an editor whose text is no value yet, so that it is not lost by saving. */
  setUnreadable: (id: string, is: boolean) => void;
}

const Context = createContext<Surroundings>({
  event: undefined,
  paths: [],
  setUnreadable: () => undefined,
});

interface Props {
  event: unknown;
  setUnreadable?: Surroundings["setUnreadable"];
  children: ReactNode;
}

/** Gives the paths of an event to all editors within; of an item, within `For each item`. */
export function ValueSurroundings({ event, setUnreadable, children }: Props) {
  const outer = useContext(Context);
  const value = useMemo(
    () => ({
      event,
      paths: pathsOf(event),
      setUnreadable: setUnreadable ?? outer.setUnreadable,
    }),
    [event, setUnreadable, outer.setUnreadable],
  );
  return <Context value={value}>{children}</Context>;
}

export const usePaths = () => useContext(Context);

/** Tells whether this editor's text is no value. */
export function useUnreadable(is: boolean): void {
  const id = useId();
  const { setUnreadable } = useContext(Context);
  useEffect(() => {
    setUnreadable(id, is);
    return () => setUnreadable(id, false);
  }, [id, is, setUnreadable]);
}
