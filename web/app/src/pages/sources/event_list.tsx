// biome-ignore-all lint/a11y/useFocusableInteractive: the list has the focus, and names its option.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the list hears the keys.
/** Events in a list that stays quick with ten thousand: only those in view are there. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, memo, useLayoutEffect, useRef } from "react";
import { StatusBadge } from "../../parts/status_badge";
import { nextIndex } from "../../parts/table_order";
import classes from "./debugger.module.css";
import type { Row } from "./debugger_rows";
import { OUTCOMES, titleOf } from "./entries";

interface Props {
  /** Newest first. */
  rows: readonly Row[];
  chosenKey: number | null;
  onChoose: (key: number) => void;
}

const ROW_HEIGHT = 48;
const ROWS_AHEAD = 8;

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

export function EventList({ rows, chosenKey, onChoose }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: ROWS_AHEAD,
    initialRect: { width: 600, height: 600 },
  });
  useKeepPlace(scroller, rows);

  const onKeyDown = (event: KeyboardEvent) => {
    const current = rows.findIndex((row) => row.key === chosenKey);
    const next = nextIndex(event.key, current, rows.length);
    const row = next === undefined ? undefined : rows[next];
    if (next === undefined || !row) return;
    event.preventDefault();
    onChoose(row.key);
    virtual.scrollToIndex(next);
  };

  return (
    <div
      ref={scroller}
      className={classes.list}
      role="listbox"
      aria-label="Events"
      tabIndex={0}
      aria-activedescendant={chosenKey === null ? undefined : `event-${chosenKey}`}
      onKeyDown={onKeyDown}
    >
      <div className={classes.sizer} role="presentation" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          if (!row) return null;
          return (
            <EventRow
              key={row.key}
              row={row}
              start={start}
              place={index + 1}
              count={rows.length}
              isChosen={row.key === chosenKey}
              onChoose={onChoose}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Who reads further down is not pushed away by what comes in above. */
function useKeepPlace(scroller: React.RefObject<HTMLDivElement | null>, rows: readonly Row[]) {
  const topKey = useRef<number | undefined>(undefined);
  useLayoutEffect(() => {
    const before = topKey.current;
    topKey.current = rows[0]?.key;
    const element = scroller.current;
    if (!element || before === undefined || element.scrollTop === 0) return;
    const added = rows.findIndex((row) => row.key <= before);
    if (added > 0) element.scrollTop += added * ROW_HEIGHT;
  }, [rows, scroller]);
}

interface RowProps {
  row: Row;
  start: number;
  place: number;
  count: number;
  isChosen: boolean;
  onChoose: (key: number) => void;
}

const EventRow = memo(function EventRow(props: RowProps) {
  const { row, start, place, count, isChosen, onChoose } = props;
  const outcome = OUTCOMES[row.outcome];
  const who = row.userId || row.anonymousId;
  return (
    <div
      id={`event-${row.key}`}
      role="option"
      aria-selected={isChosen}
      aria-posinset={place}
      aria-setsize={count}
      className={classes.row}
      style={{ transform: `translateY(${start}px)` }}
      onClick={() => onChoose(row.key)}
    >
      <StatusBadge state={outcome.state}>{outcome.label}</StatusBadge>
      <div>
        <div className={classes.title}>{titleOf(row)}</div>
        <div className={classes.who}>
          {row.eventName ? row.eventType : ""}
          {row.eventName && who ? " · " : ""}
          {who}
        </div>
      </div>
      <time className={classes.time} dateTime={row.at}>
        {clock.format(new Date(row.at))}
      </time>
    </div>
  );
});
