import classes from "./parts.module.css";

interface Props {
  value: unknown;
  /** So many levels stand open at first. */
  open?: number;
}

const ITEMS_MAX = 200;

/** Any JSON, to be folded level by level. */
export function JsonView({ value, open = 2 }: Props) {
  return (
    <div className={classes.json}>
      <Value value={value} open={open} />
    </div>
  );
}

function Value({ value, open, name }: Props & { name?: string; open: number }) {
  const key = name === undefined ? null : <span className={classes.jsonKey}>{name}: </span>;
  if (value === null || typeof value !== "object") {
    return (
      <>
        {key}
        <Leaf value={value} />
      </>
    );
  }
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const [start, end] = isList ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) {
    return (
      <>
        {key}
        {start + end}
      </>
    );
  }
  return (
    <details open={open > 0}>
      <summary>
        {key}
        {start} <span className={classes.comment}>{count(entries.length, isList)}</span> {end}
      </summary>
      <ul>
        {entries.slice(0, ITEMS_MAX).map(([inner, child]) => (
          <li key={inner}>
            <Value value={child} open={open - 1} name={inner} />
          </li>
        ))}
        {entries.length > ITEMS_MAX && (
          <li className={classes.comment}>and {entries.length - ITEMS_MAX} more</li>
        )}
      </ul>
    </details>
  );
}

function count(entries: number, isList: boolean): string {
  if (isList) return entries === 1 ? "1 item" : `${entries} items`;
  return entries === 1 ? "1 key" : `${entries} keys`;
}

function Leaf({ value }: { value: unknown }) {
  const kind = typeof value === "string" ? "string" : typeof value === "number" ? "number" : "word";
  return <span className={classes[kind]}>{JSON.stringify(value) ?? "undefined"}</span>;
}
