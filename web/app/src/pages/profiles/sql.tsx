/** Questions in SQL over everything that is kept of people and events. */

import { Button, Group, Paper, Text, Textarea, Title } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconDownload, IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { api, data } from "../../api/client";
import { useMay } from "../../api/roles";
import { useDeed } from "../../parts/deed";
import { ErrorState } from "../../parts/error_state";
import { PageHeader } from "../../parts/page_header";
import { LoadingRows, QueryView } from "../../parts/query_view";
import { NotAllowed } from "../audiences/new_audience";
import { shown } from "../audiences/people";
import { csvOf } from "./csv";
import classes from "./profile.module.css";

const ROWS_MAX = 1_000;
const START = `SELECT event, count(*) AS times, count(DISTINCT profile_id) AS people
FROM events
WHERE timestamp > now() - INTERVAL 7 DAY
GROUP BY event ORDER BY times DESC`;
const TABLES = `SELECT table_schema, table_name, list(column_name ORDER BY ordinal_position)
FROM information_schema.columns
WHERE (table_schema = 'main' AND table_name IN ('events', 'profiles', 'accounts', 'members'))
  OR table_schema = 'warehouse'
GROUP BY ALL ORDER BY table_schema, table_name`;

const ask = (sql: string, limit: number) =>
  data(api.POST("/sql", { body: { sql, limit, timeoutSeconds: 30 } }));

export function SqlPage() {
  const mayAsk = useMay("editor");
  return (
    <>
      <PageHeader
        title="SQL"
        description="Ask the history: every event and profile that is kept, and Segment's warehouse tables. It can only read."
      />
      {mayAsk ? <Sql /> : <NotAllowed to="/profiles" label="Go to the profiles" />}
    </>
  );
}

function Sql() {
  // What was typed is there again after the page was left.
  const [sql, setSql] = useLocalStorage({ key: "crossdock-sql", defaultValue: START });
  const [answer, setAnswer] = useState<Answer>();
  const deed = useDeed();
  const run = () => {
    if (sql.trim()) void deed.run(async () => setAnswer(await ask(sql, ROWS_MAX)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    }
  };
  const download = () => {
    if (!answer) return;
    const text = csvOf(answer.columns, answer.rows);
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = "crossdock.csv";
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <div className={classes.sqlColumns}>
      <Tables onChoose={(table) => setSql(`SELECT * FROM ${table} LIMIT 100`)} />
      <div className={classes.stack}>
        <Paper p="lg">
          <Textarea
            label="Your question"
            description="DuckDB's SQL; Ctrl and Enter runs it."
            classNames={{ input: classes.mono ?? "" }}
            value={sql}
            onChange={(event) => setSql(event.currentTarget.value)}
            onKeyDown={onKeyDown}
            autosize
            minRows={5}
            maxRows={20}
            spellCheck={false}
            autoCapitalize="off"
          />
          <Group mt="sm">
            <Button
              onClick={run}
              loading={deed.isBusy}
              disabled={!sql.trim()}
              leftSection={<IconPlayerPlay size={16} aria-hidden />}
            >
              Run
            </Button>
            {answer && (
              <Button
                variant="default"
                onClick={download}
                leftSection={<IconDownload size={16} aria-hidden />}
              >
                Download CSV
              </Button>
            )}
          </Group>
        </Paper>
        {deed.error !== null && <ErrorState error={deed.error} again="Run" />}
        {answer && deed.error === null && <Result {...answer} />}
      </div>
    </div>
  );
}

interface Answer {
  columns: string[];
  types: string[];
  rows: unknown[][];
  hasMore: boolean;
}

function Result({ columns, types, rows, hasMore }: Answer) {
  return (
    <Paper p="lg" component="section" aria-label="Answer">
      <Text c="dimmed" fz="sm" mb="xs" role="status">
        {rows.length === 1 ? "1 row" : `${rows.length.toLocaleString()} rows`}
        {hasMore && ` shown; there are more. Add a LIMIT, or ask for less.`}
      </Text>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by key. */}
      <div className={classes.scroll} tabIndex={0}>
        <table className={classes.result}>
          <thead>
            <tr>
              {columns.map((column, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: two columns may have one name.
                <th key={at} scope="col" title={types[at]}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows of an answer have no name.
              <tr key={index}>
                {row.map((value, at) => (
                  <td
                    // biome-ignore lint/suspicious/noArrayIndexKey: nor have cells.
                    key={at}
                    data-number={typeof value === "number" || undefined}
                    title={shown(value)}
                  >
                    {value === null ? (
                      <Text span c="dimmed" fz="xs">
                        null
                      </Text>
                    ) : (
                      shown(value)
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Paper>
  );
}

function Tables({ onChoose }: { onChoose: (table: string) => void }) {
  const query = useQuery({ queryKey: ["sql", "tables"], queryFn: () => ask(TABLES, ROWS_MAX) });
  return (
    <Paper p="md" component="section" aria-label="Tables">
      <Title order={2} fz="sm" mb={6}>
        Tables
      </Title>
      <div className={classes.tables}>
        <QueryView query={query} loading={<LoadingRows count={4} />}>
          {({ rows }) =>
            rows.map(([schema, table, columns]) => {
              const name = /^[a-z_][a-z0-9_]*$/.test(String(table)) ? String(table) : `"${table}"`;
              const full = schema === "warehouse" ? `warehouse.${name}` : name;
              return (
                <details key={full}>
                  <summary>{full}</summary>
                  <Button size="compact-xs" variant="default" onClick={() => onChoose(full)}>
                    Show its rows
                  </Button>
                  <ul>
                    {(columns as string[]).map((column) => (
                      <li key={column}>{column}</li>
                    ))}
                  </ul>
                </details>
              );
            })
          }
        </QueryView>
      </div>
    </Paper>
  );
}
