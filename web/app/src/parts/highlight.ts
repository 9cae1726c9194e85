/** Colours for short pieces of code: strings, numbers, words and comments, in five languages. */

export type Language = "javascript" | "json" | "html" | "python" | "shell" | "yaml" | "text";

export interface Token {
  kind?: "string" | "number" | "word" | "comment";
  text: string;
  /** Where it starts. */
  at: number;
}

const STRING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/;
const NUMBER = /\b\d+(?:\.\d+)?\b/;
const SLASHES = /\/\/[^\n]*|\/\*[\s\S]*?\*\//;
const HASH = /(?:^|(?<=\s))#[^\n]*/;

const words = (list: string) => new RegExp(`\\b(?:${list.replaceAll(" ", "|")})\\b`);

const RULES: Record<Language, { comment?: RegExp; word: RegExp }> = {
  javascript: {
    comment: SLASHES,
    word: words(
      "async await const else export false for from function if import let new null return true var",
    ),
  },
  json: { word: words("true false null") },
  html: { comment: /<!--[\s\S]*?-->/, word: /<\/?[a-zA-Z][\w-]*|\/?>/ },
  python: {
    comment: HASH,
    word: words("as class def else False for from if import in None return True with"),
  },
  shell: { comment: HASH, word: /(?:^|(?<=\s))--?[a-zA-Z][\w-]*|\bcurl\b/ },
  yaml: { comment: HASH, word: /(?:^|(?<=\n))[ -]*[\w.-]+(?=:)/ },
  text: { word: /(?!)/ },
};

/** Returns the text in pieces, of which those without a kind look like the rest. */
export function tokens(text: string, language: Language): Token[] {
  if (language === "text") return [{ text, at: 0 }];
  const { comment = /(?!)/, word } = RULES[language];
  const rule = new RegExp(
    `(?<comment>${comment.source})|(?<string>${STRING.source})|(?<word>${word.source})|(?<number>${NUMBER.source})`,
    "g",
  );
  const found: Token[] = [];
  let end = 0;
  for (const match of text.matchAll(rule)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index), at: end });
    const kind = (["comment", "string", "word", "number"] as const).find(
      (name) => match.groups?.[name] !== undefined,
    );
    found.push({ ...(kind ? { kind } : {}), text: match[0], at: match.index });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ text: text.slice(end), at: end });
  return found;
}
