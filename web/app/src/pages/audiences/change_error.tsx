import { ApiError, conflictOf } from "../../api/errors";
import { ConflictAlert } from "../../parts/conflict_alert";
import { differencesBetween } from "../../parts/differences";
import { ErrorState } from "../../parts/error_state";
import type { Computation } from "./queries";

interface Props {
  error: unknown;
  /** What it is: "this audience". */
  what: string;
  /** What is shown where they differ, and what is called how. */
  labels: Readonly<Record<string, string>>;
  mine: Readonly<Record<string, unknown>>;
  /** The same of what somebody else has saved. */
  theirs: (one: Computation) => Readonly<Record<string, unknown>>;
  onTheirs: () => void;
  onMine: () => void;
  isBusy: boolean;
}

/** Why nothing was saved; between two who edit the same, the choice. */
export function ChangeError({ error, theirs, labels, mine, ...rest }: Props) {
  if (error === null) return null;
  if (!(error instanceof ApiError && error.isConflict)) {
    return (
      <div style={{ marginTop: 16 }}>
        <ErrorState error={error} again="Save" />
      </div>
    );
  }
  const conflict = conflictOf(error);
  return (
    <div style={{ marginTop: 16 }}>
      <ConflictAlert
        conflict={conflict}
        differences={
          conflict
            ? differencesBetween(labels, theirs(conflict.current as unknown as Computation), mine)
            : []
        }
        {...rest}
      />
    </div>
  );
}
