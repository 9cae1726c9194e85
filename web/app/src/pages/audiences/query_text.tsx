import { Text, Textarea } from "@mantine/core";
import classes from "./builder/builder.module.css";
import type { Converted } from "./queries";

interface Props {
  value: string;
  onChange: (text: string) => void;
  problem: Converted["problem"];
  placeholder: string;
  isReadOnly?: boolean;
}

/** A definition as text; what is wrong with it stands below, at its place. */
export function QueryText({ value, onChange, problem, placeholder, isReadOnly }: Props) {
  return (
    <div>
      <Textarea
        label="As text"
        description="The same in Segment's query language. Change either one; the other follows."
        classNames={{ input: classes.query ?? "" }}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        readOnly={isReadOnly ?? false}
        error={problem ? `${problem.what} ${problem.do}` : undefined}
        placeholder={placeholder}
        autosize
        minRows={2}
        maxRows={14}
        spellCheck={false}
        autoCapitalize="off"
      />
      {problem?.excerpt && <pre className={classes.pointer}>{problem.excerpt}</pre>}
      {problem?.line && (
        <Text fz="xs" c="dimmed" mt={4}>
          Line {problem.line}, column {problem.column}
        </Text>
      )}
    </div>
  );
}
