/** Returns a count with its word: `counted(2, "dead letter")` is "2 dead letters". */
export const counted = (count: number, word: string): string =>
  `${count.toLocaleString()} ${word}${count === 1 ? "" : "s"}`;
