/** Where in a YAML file something is that the server names by its path. */

const LINE = /line (\d+)/;

/** Returns the line, from 1, that a problem is about; undefined if it is not to be found. */
export function lineOf(
  text: string,
  problem: { message: string; field?: string | null },
): number | undefined {
  const said = LINE.exec(problem.message)?.[1];
  if (said) return Number(said);
  return problem.field ? lineOfPath(text, problem.field) : undefined;
}

/**
 * Returns the line of the key that a path such as `sources.demo.name` ends with, or of the last one
 * of the path that is there. Keys may hold dots themselves.
 */
export function lineOfPath(text: string, path: string): number | undefined {
  let rest = path.replaceAll(/\[\d+\]/g, "");
  let found: number | undefined;
  let indentBefore = -1;
  let childIndent: number | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const match = /^( *)(?:"([^"]*)"|'([^']*)'|([^\s#'"-][^:]*)):(?:\s|$)/.exec(line);
    if (!match) continue;
    const indent = match[1]?.length ?? 0;
    // The part of the file that the path has led to is over.
    if (indent <= indentBefore) break;
    childIndent ??= indent;
    if (indent !== childIndent) continue;
    const key = match[2] ?? match[3] ?? match[4] ?? "";
    if (rest !== key && !rest.startsWith(`${key}.`)) continue;
    found = index + 1;
    if (rest === key) return found;
    rest = rest.slice(key.length + 1);
    indentBefore = indent;
    childIndent = undefined;
  }
  return found;
}

/** Returns where in the text a line begins and ends. */
export function spanOfLine(text: string, line: number): [number, number] {
  const lines = text.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  return [start, start + (lines[line - 1]?.length ?? 0)];
}
