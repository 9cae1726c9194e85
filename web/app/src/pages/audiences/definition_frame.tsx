/** What is around the form of every definition: the same as text, what is wrong, and who it is. */

import { Alert, Button, Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { LoadingRows } from "../../parts/query_view";
import classes from "./builder/builder.module.css";
import type { EditorProps } from "./definition_tab";
import { PreviewPane } from "./preview_pane";
import type { Kind } from "./queries";
import { QueryText } from "./query_text";

interface Props<Built> extends EditorProps<Built> {
  kind: Kind;
  title: string;
  /** What it can be clicked together in: "builder". */
  form: string;
  /** What one starts over with in place of a text that the form cannot show. */
  blank: () => Built;
  /** Of the text. */
  placeholder: string;
  children: (built: Built) => ReactNode;
}

export function DefinitionFrame<Built>(props: Props<Built>) {
  const { kind, title, form, blank, placeholder, children } = props;
  const { editing, type, isWithAnonymous, id } = props;
  const { built, notInBuilder, problem } = editing;
  return (
    <div className={classes.columns}>
      <Paper p="lg" component="section" aria-label="Definition">
        <Title order={2} mb="md">
          {title}
        </Title>
        <Stack gap="lg">
          {built ? (
            children(built)
          ) : notInBuilder ? (
            <Alert color="petrol" variant="light" title="This one lives as text">
              <Text fz="sm">{notInBuilder} It works all the same.</Text>
              <Button
                mt="sm"
                size="compact-sm"
                variant="default"
                onClick={() => editing.build(blank())}
              >
                Start over in the {form}
              </Button>
            </Alert>
          ) : (
            !problem && <LoadingRows count={2} height={34} />
          )}
          <QueryText
            value={editing.query}
            onChange={editing.write}
            problem={problem}
            placeholder={placeholder}
          />
          {editing.unasked && (
            <Text fz="sm" role="alert" c="var(--mantine-color-error)">
              {editing.unasked}
            </Text>
          )}
        </Stack>
      </Paper>
      <PreviewPane
        kind={kind}
        definition={{ query: editing.valid, type }}
        isWithAnonymous={isWithAnonymous}
        id={id}
        missing={editing.missing}
      />
    </div>
  );
}
