/** The workspace as one YAML file: show, download, and apply after a look at the plan. */

import {
  Alert,
  Button,
  FileButton,
  Group,
  Stack,
  Tabs,
  Text,
  Textarea,
  Title,
} from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconDownload, IconUpload } from "@tabler/icons-react";
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { type DragEvent, useRef, useState } from "react";
import { api, data, versioned } from "../../api/client";
import { ApiError } from "../../api/errors";
import { useMay } from "../../api/roles";
import { CodeBlock } from "../../parts/code_block";
import { ConfirmButton } from "../../parts/confirm_button";
import { useDeed } from "../../parts/deed";
import { ErrorState } from "../../parts/error_state";
import { PageHeader } from "../../parts/page_header";
import { QueryView } from "../../parts/query_view";
import { tell, tellError } from "../../parts/tell";
import { useUnsavedGuard } from "../../parts/unsaved_guard";
import { type Change, inWords, Plan } from "./plan";
import classes from "./workspace.module.css";
import { lineOf, spanOfLine } from "./yaml_lines";

const NAME = "crossdock.yaml";

const exportQuery = queryOptions({
  queryKey: ["workspace-export"],
  queryFn: async () => {
    const { data: text, error, response } = await api.GET("/workspace/export", { parseAs: "text" });
    if (!response.ok) throw new ApiError(response.status, (error as never) ?? []);
    return text as unknown as string;
  },
});

export function AsCodePage() {
  const file = useQuery(exportQuery);
  const mayEdit = useMay("editor");
  return (
    <>
      <PageHeader
        title="Workspace as code"
        description="Sources, destinations, mappings and filters as one file for version control. It never contains secrets."
        actions={
          <Button
            component="a"
            href="/api/v1/workspace/export"
            download={NAME}
            variant="default"
            leftSection={<IconDownload size={16} aria-hidden />}
          >
            Download
          </Button>
        }
      />
      <Tabs defaultValue="show">
        <Tabs.List mb="lg">
          <Tabs.Tab value="show">Current</Tabs.Tab>
          {mayEdit && <Tabs.Tab value="change">Edit</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="show">
          <QueryView query={file}>
            {(text) => (
              <CodeBlock language="yaml" label="workspace" maxHeight={720}>
                {text}
              </CodeBlock>
            )}
          </QueryView>
        </Tabs.Panel>
        {mayEdit && (
          <Tabs.Panel value="change">
            <Apply current={file.data ?? ""} />
          </Tabs.Panel>
        )}
      </Tabs>
    </>
  );
}

const YAML = {
  bodySerializer: (body: unknown) => body as string,
  headers: { "content-type": "application/yaml" },
};

interface Planned {
  text: string;
  changes: Change[];
  /** Of the workspace that it was planned for. */
  etag: string | null;
}

function Apply({ current }: { current: string }) {
  const client = useQueryClient();
  const [text, setText] = useState("");
  const [planned, setPlanned] = useState<Planned | null>(null);
  const [isOvertaken, setOvertaken] = useState(false);
  const loading = useDeed(tellError);
  const planning = useDeed(() => {
    setPlanned(null);
    return false;
  });
  const field = useRef<HTMLTextAreaElement>(null);
  useUnsavedGuard(text !== "" && text !== current);
  const plan = planned?.text === text ? planned.changes : null;
  const goneSources =
    plan?.filter((one) => one.kind === "source" && one.change === "deleted") ?? [];

  const change = (next: string) => {
    setText(next);
    planning.clear();
    setOvertaken(false);
  };
  const look = () =>
    planning.run(async () => {
      setOvertaken(false);
      const { value, etag } = await versioned(
        api.POST("/workspace/plan", { body: text as never, ...YAML }),
      );
      setPlanned({ text, changes: value.changes, etag });
    });
  // What the other tab shows may be older: what is missing in the file would be removed.
  const begin = () =>
    loading.run(async () => {
      const found = await client.fetchQuery({ ...exportQuery, staleTime: 0 });
      if (field.current?.value === text) change(found);
    });
  const apply = async () => {
    let changes: Change[];
    try {
      const etag = planned?.etag;
      ({ changes } = await data(
        api.POST("/workspace/apply", {
          params: {
            query: { allowDelete: goneSources.length > 0 },
            header: etag ? { "if-match": etag } : {},
          },
          body: text as never,
          ...YAML,
        }),
      ));
    } catch (problem) {
      if (!(problem instanceof ApiError && problem.isConflict)) throw problem;
      // What was agreed to is not what would be done: the dialog closes over the new plan.
      await look();
      setOvertaken(true);
      return;
    }
    setText("");
    setPlanned(null);
    tell(`Applied: ${inWords(changes) || "nothing had to change"}.`);
    await client.invalidateQueries();
  };
  const read = async (file: File | null | undefined) => {
    if (file) change(await file.text());
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    void read(event.dataTransfer.files[0]);
  };
  const goTo = (line: number) => {
    const area = field.current;
    if (!area) return;
    area.focus();
    area.setSelectionRange(...spanOfLine(text, line));
    // Selecting does not scroll in every browser.
    area.scrollTop = (area.scrollHeight / text.split("\n").length) * Math.max(0, line - 4);
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void look();
      }}
    >
      <Stack>
        <Group gap="xs">
          <FileButton onChange={(file) => void read(file)} accept=".yaml,.yml,application/yaml">
            {(props) => (
              <Button
                {...props}
                variant="default"
                leftSection={<IconUpload size={16} aria-hidden />}
              >
                Choose a file
              </Button>
            )}
          </FileButton>
          <Button variant="default" loading={loading.isBusy} onClick={() => void begin()}>
            Start from the current workspace
          </Button>
        </Group>
        <Textarea
          ref={field}
          className={classes.editor}
          label="The file"
          description="Paste, drop or edit it. Anything the file does not name is removed. “secret: keep” keeps a stored secret."
          minRows={14}
          maxRows={26}
          autosize
          spellCheck={false}
          value={text}
          onChange={(event) => change(event.currentTarget.value)}
          onDrop={drop}
          onDragOver={(event) => event.preventDefault()}
          placeholder={"version: 1\nsources:\n  shop:\n    name: Shop"}
        />
        <Problems error={planning.error} text={text} onLine={goTo} />
        {plan && (
          <section aria-label="The plan">
            {isOvertaken && (
              <Alert
                role="alert"
                color="amber"
                variant="outline"
                icon={<IconAlertTriangle />}
                title="The workspace changed after you looked at the plan"
                mb="md"
              >
                Nothing was applied. Below is the plan as of now: review it, then apply.
              </Alert>
            )}
            <Title order={2} mb="sm">
              {plan.length === 0 ? "Nothing would change" : `What would change: ${inWords(plan)}`}
            </Title>
            {plan.length === 0 ? (
              <Alert color="petrol" variant="outline" icon={<IconCircleCheck />}>
                The file matches the workspace.
              </Alert>
            ) : (
              <Plan changes={plan} />
            )}
          </section>
        )}
        <Group>
          <Button
            type="submit"
            loading={planning.isBusy}
            disabled={text.trim() === ""}
            variant={plan ? "default" : "filled"}
          >
            {plan ? "Refresh the plan" : "Preview changes"}
          </Button>
          {plan && plan.length > 0 && (
            <ApplyButton plan={plan} goneSources={goneSources} onApply={apply} />
          )}
        </Group>
      </Stack>
    </form>
  );
}

interface ApplyProps {
  plan: readonly Change[];
  goneSources: readonly Change[];
  onApply: () => Promise<void>;
}

function ApplyButton({ plan, goneSources, onApply }: ApplyProps) {
  const gone = plan.filter((one) => one.change === "deleted");
  return (
    <ConfirmButton
      label="Apply"
      title="Apply this to the workspace?"
      variant="filled"
      c="white"
      {...(goneSources.length > 0 ? { typed: goneSources[0]?.path ?? "" } : {})}
      onConfirm={onApply}
    >
      <Text fz="sm">{inWords(plan)}, in one step. Browsers get it with their next page load.</Text>
      {gone.length > 0 && (
        <Text fz="sm" mt="sm">
          Removed with all that belongs to it: {gone.map((one) => one.path).join(", ")}.
          {goneSources.length > 0 && " What still sends with those write keys will be refused."}
        </Text>
      )}
    </ConfirmButton>
  );
}

interface ProblemsProps {
  error: unknown;
  text: string;
  onLine: (line: number) => void;
}

function Problems({ error, text, onLine }: ProblemsProps) {
  if (error === null) return null;
  if (!(error instanceof ApiError) || error.status !== 400)
    return <ErrorState error={error} again="Preview changes" />;
  return (
    <Alert
      role="alert"
      color="red"
      variant="outline"
      icon={<IconAlertTriangle />}
      title="The file cannot be applied"
    >
      <ul className={classes.problems}>
        {error.problems.map((problem) => {
          const line = lineOf(text, problem);
          return (
            <li key={problem.message}>
              {line !== undefined && (
                <Button
                  size="compact-xs"
                  variant="default"
                  mr={8}
                  onClick={() => onLine(line)}
                  aria-label={`Go to line ${line}`}
                >
                  Line {line}
                </Button>
              )}
              {problem.data?.what ?? problem.message} {problem.data?.do}
            </li>
          );
        })}
      </ul>
    </Alert>
  );
}
