import { Skeleton, Stack } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useRef } from "react";
import { ErrorState } from "./error_state";

interface Props<T> {
  query: UseQueryResult<T>;
  children: (data: T) => ReactNode;
  /** What stands there meanwhile; rows of text if left out. */
  loading?: ReactNode;
}

/**
 * Shows a query: a skeleton, then what it found, or why it did not.
 *
 * What was found once stays when a later try fails: the banner tells that.
 */
export function QueryView<T>({ query, children, loading }: Props<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return loading ?? <LoadingRows />;
}

/**
 * The same for a form that is filled once: from what is so now, and not from what was when it was
 * last asked. Once the form is there it stays, whatever is asked again.
 */
export function FreshView<T>(props: Props<T>) {
  const isFresh = useRef(false);
  if (!props.query.isFetching) isFresh.current = true;
  return isFresh.current ? <QueryView {...props} /> : (props.loading ?? <LoadingRows />);
}

/**
 * Returns whether each of them has answered, or cannot: what stands below one of them waits for
 * all, and is not pushed down by what comes later.
 */
export const areSettled = (...queries: readonly { isPending: boolean }[]): boolean =>
  queries.every(({ isPending }) => !isPending);

const WIDTHS = ["92%", "78%", "86%", "64%", "81%", "70%"];

/** Grey lines where rows will be. */
export function LoadingRows({ count = 5, height = 20 }: { count?: number; height?: number }) {
  return (
    <Stack gap="md" role="status" aria-label="Loading" py="xs">
      {Array.from({ length: count }, (_, index) => WIDTHS[index % WIDTHS.length]).map(
        (width, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike, and never move.
          <Skeleton key={index} height={height} width={width ?? "80%"} />
        ),
      )}
    </Stack>
  );
}
