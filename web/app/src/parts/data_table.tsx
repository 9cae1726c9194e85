// biome-ignore-all lint/a11y/useSemanticElements: a real table cannot hold only the rows in view.
// biome-ignore-all lint/a11y/useFocusableInteractive: the rows and the buttons in the head are.
// biome-ignore-all lint/a11y/noStaticElementInteractions: the part that scrolls listens for its rows.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the keys of a row are heard by what scrolls.
/** A list of things in rows: sortable, fast with many thousands, and as cards on a small screen. */

import { Paper, UnstyledButton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowDown, IconArrowsSort, IconArrowUp } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import classes from "./data_table.module.css";
import { nextIndex, type Sorted, sorted, turned } from "./table_order";
import { cardsBelow } from "./table_width";

export interface Column<Row> {
  key: string;
  label: string;
  render: (row: Row) => ReactNode;
  /** By what it is sorted; without it, it is not. */
  sortBy?: (row: Row) => string | number | null | undefined;
  /** Of a grid's column, such as "2fr" or "120px"; "1fr" if left out. */
  width?: string;
  /** Numbers stand right. */
  align?: "right";
  /** For who cannot see that the column is of buttons. */
  isActions?: boolean;
}

interface Props<Row> {
  /** What the rows are: "Sources". */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Where a row leads, or what it does when it is chosen. */
  to?: (row: Row) => string;
  onOpen?: (row: Row) => void;
  startSorted?: Sorted;
  /** What stands there without rows. */
  empty?: ReactNode;
  /** Of the part that scrolls. */
  maxHeight?: number | string;
}

const ROW_HEIGHT = 46;
const CARD_HEIGHT = 130;
/** What stands there before the list was measured, and beyond what is seen while scrolling. */
const ROWS_AHEAD = 12;

export function DataTable<Row>(props: Props<Row>) {
  const {
    label,
    columns,
    rows,
    rowKey,
    to,
    onOpen,
    startSorted,
    empty,
    maxHeight = "70vh",
  } = props;
  const navigate = useNavigate();
  const isSmall = useMediaQuery(
    `(max-width: ${cardsBelow(columns.map((one) => one.width))}px)`,
    false,
    { getInitialValueInEffect: false },
  );
  const scroller = useRef<HTMLDivElement>(null);
  const [order, setOrder] = useState<Sorted | undefined>(startSorted);
  const [current, setCurrent] = useState(0);
  const shown = useMemo(() => sorted(rows, columns, order), [rows, columns, order]);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (isSmall ? CARD_HEIGHT : ROW_HEIGHT),
    getItemKey: (index) => rowKey(shown[index] as Row),
    overscan: ROWS_AHEAD,
    initialRect: { width: 800, height: 600 },
  });
  if (rows.length === 0 && empty) return empty;

  const opens = Boolean(to || onOpen);
  const open = (row: Row) => (to ? navigate(to(row)) : onOpen?.(row));
  const template = columns.map((column) => column.width ?? "minmax(0, 1fr)").join(" ");

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    // Within a button or field of a row, keys are its own.
    if (!(event.target as HTMLElement).matches('[role="row"]')) return;
    if (event.key === "Enter") {
      const row = shown[current];
      if (row !== undefined) open(row);
      return;
    }
    const next = nextIndex(event.key, current, shown.length);
    if (next === undefined) return;
    event.preventDefault();
    setCurrent(next);
    virtual.scrollToIndex(next);
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus(),
    );
  };

  return (
    <Paper className={classes.frame}>
      <div
        role="table"
        aria-label={label}
        aria-rowcount={shown.length + 1}
        className={classes.table}
        data-small={isSmall || undefined}
      >
        <div role="rowgroup" className={classes.head}>
          <div role="row" className={classes.row} style={{ gridTemplateColumns: template }}>
            {columns.map((column) => (
              <Head
                key={column.key}
                column={column as Column<unknown>}
                order={order}
                onSort={() => setOrder((before) => turned(before, column.key))}
              />
            ))}
          </div>
        </div>
        <div ref={scroller} className={classes.scroll} style={{ maxHeight }} onKeyDown={onKeyDown}>
          <div role="rowgroup" className={classes.body} style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, key, start }) => {
              const row = shown[index] as Row;
              return (
                <div
                  key={key}
                  role="row"
                  aria-rowindex={index + 2}
                  data-index={index}
                  ref={virtual.measureElement}
                  className={classes.row}
                  data-opens={opens || undefined}
                  tabIndex={index === Math.min(current, shown.length - 1) ? 0 : -1}
                  style={{ gridTemplateColumns: template, transform: `translateY(${start}px)` }}
                  onFocus={() => setCurrent(index)}
                  onClick={(event) => {
                    const target = event.target as HTMLElement;
                    if (opens && !target.closest("a,button,input,label")) open(row);
                  }}
                >
                  {columns.map((column) => (
                    <div
                      key={column.key}
                      role="cell"
                      className={classes.cell}
                      data-align={column.align}
                      data-actions={column.isActions || undefined}
                    >
                      {isSmall && !column.isActions && (
                        <span className={classes.cellLabel} aria-hidden>
                          {column.label}
                        </span>
                      )}
                      <div className={classes.cellValue}>{column.render(row)}</div>
                    </div>
                  ))}
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </Paper>
  );
}

interface HeadProps {
  column: Column<unknown>;
  order: Sorted | undefined;
  onSort: () => void;
}

function Head({ column, order, onSort }: HeadProps) {
  const direction = order?.key === column.key ? order.direction : undefined;
  const Icon = !direction ? IconArrowsSort : direction === "down" ? IconArrowDown : IconArrowUp;
  return (
    <div
      role="columnheader"
      className={classes.cell}
      data-align={column.align}
      aria-sort={
        direction ? (direction === "up" ? "ascending" : "descending") : column.sortBy && "none"
      }
    >
      {column.sortBy ? (
        <UnstyledButton className={classes.sort} onClick={onSort}>
          {column.label}
          <Icon size={14} aria-hidden data-on={direction !== undefined || undefined} />
        </UnstyledButton>
      ) : (
        <span className={column.isActions ? classes.hidden : undefined}>{column.label}</span>
      )}
    </div>
  );
}
