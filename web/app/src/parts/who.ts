/** Who is no person, and has no name of their own. */
const NOBODY: Record<string, string> = {
  "admin token": "The administrator",
  "first start": "The first start",
  nobody: "Somebody",
};

/** Returns who did something, as a sentence begins with them. */
export const whoInWords = (name: string): string => NOBODY[name] ?? name;
