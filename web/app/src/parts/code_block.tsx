import { useMemo } from "react";
import { CopyButton } from "./copy_button";
import { type Language, tokens } from "./highlight";
import classes from "./parts.module.css";

interface Props {
  children: string;
  language?: Language;
  /** What it is, for who cannot see it: "The snippet". */
  label: string;
  /** Long lines go on in the next line; otherwise the block scrolls. */
  wraps?: boolean;
  maxHeight?: number;
}

export function CodeBlock({ children, language = "text", label, wraps, maxHeight }: Props) {
  const parts = useMemo(() => tokens(children, language), [children, language]);
  return (
    <figure className={classes.code} aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by key. */}
      <pre className={classes.codeText} data-wraps={wraps} style={{ maxHeight }} tabIndex={0}>
        <code>
          {parts.map(({ kind, text, at }) =>
            kind ? (
              <span key={at} className={classes[kind]}>
                {text}
              </span>
            ) : (
              text
            ),
          )}
        </code>
      </pre>
      <CopyButton value={children} label={label} className={classes.codeCopy} />
    </figure>
  );
}
