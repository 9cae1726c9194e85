/** From which width of the screen on a table has room for its columns; below it, rows are cards. */

const SMALL_PX = 768;
/** The navigation, and the page's edges. */
const AROUND_PX = 300;
const GAP_PX = 16;
const EDGES_PX = 36;
const FIRST_PX = 170;
const OTHER_PX = 90;

/** @param widths Of the columns, as in a grid's template; none is an equal share. */
export function cardsBelow(widths: readonly (string | undefined)[]): number {
  const columns = widths.map((width, index) => {
    const fixed = /^(?:minmax\()?(\d+)px/.exec(width ?? "")?.[1];
    return fixed ? Number(fixed) : index === 0 ? FIRST_PX : OTHER_PX;
  });
  const needed = columns.reduce((sum, px) => sum + px, 0) + GAP_PX * (columns.length - 1);
  return Math.max(SMALL_PX, needed + EDGES_PX + AROUND_PX);
}
