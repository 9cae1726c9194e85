/** What can go wrong between the app and the API, and what to say about it. */

/** Of 412: what somebody else made of it meanwhile, and the version to build on. */
export interface Conflict {
  changedBy: string;
  changedAt: string;
  etag: string;
  current: Record<string, unknown>;
}

/** One problem of an answer; `field` names what it is about, if it is about one. */
export interface Problem {
  type: string;
  message: string;
  field?: string | null;
  data?: { what?: string; do?: string } | null;
  conflict?: Conflict | null;
}

/** The API answered, and said no. */
export class ApiError extends Error {
  readonly code: string;
  /** What happened. */
  readonly what: string;
  /** What to do. */
  readonly todo: string;

  constructor(
    readonly status: number,
    readonly problems: readonly Problem[],
  ) {
    const first = problems[0];
    super(first?.message ?? `The server answered ${status}.`);
    this.name = "ApiError";
    this.code = first?.type ?? "unexpected";
    this.what = first?.data?.what ?? this.message;
    this.todo = first?.data?.do ?? "Try again. If it keeps happening, check the server log.";
  }

  /** Somebody else changed it since it was loaded. */
  get isConflict(): boolean {
    return this.status === 409 || this.status === 412;
  }

  get isMissing(): boolean {
    return this.status === 404;
  }

  /** The message of each field that has one; what is about no field is under "". */
  messagesByField(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const problem of this.problems) found[problem.field ?? ""] ??= problem.message;
    return found;
  }
}

/** No answer came at all. */
export class Unreachable extends Error {
  constructor() {
    super("Crossdock cannot be reached.");
    this.name = "Unreachable";
  }
}

/** Returns what to tell a person about any error: what happened, and what to do. */
export function explain(error: unknown): { what: string; todo: string } {
  if (error instanceof ApiError) return { what: error.what, todo: error.todo };
  if (error instanceof Unreachable) {
    return {
      what: "Crossdock cannot be reached.",
      todo: "The page goes on by itself as soon as the server answers again.",
    };
  }
  return {
    what: "Something went wrong on this page.",
    todo: "Reload the page. If it happens again, report it with the text below.",
  };
}

/**
 * Returns what to tell a person about something that they asked for, and that was not done.
 *
 * @param isReachable Whether the server has come back since.
 * @param again The button that asks for it.
 */
export function explainDeed(
  error: unknown,
  isReachable: boolean,
  again?: string,
): { what: string; todo: string } {
  if (!(error instanceof Unreachable)) return explain(error);
  const press = again ? `press “${again}” again` : "try it again";
  return isReachable
    ? {
        what: "Crossdock did not answer.",
        todo: `It is back now. It may not have gone through: ${press}.`,
      }
    : {
        what: "Crossdock cannot be reached.",
        todo: `Nothing that you typed is lost. When the server is back, ${press}.`,
      };
}

/** Returns the error that an answer is, whatever its body. */
export function errorOf(status: number, body: unknown): ApiError {
  const problems = (body as { errors?: unknown } | null | undefined)?.errors;
  return new ApiError(status, Array.isArray(problems) ? (problems as Problem[]) : []);
}

/** Returns what stands in a 412: who changed it, when, and what it is now. */
export function conflictOf(error: unknown): Conflict | null {
  if (!(error instanceof ApiError) || !error.isConflict) return null;
  return error.problems[0]?.conflict ?? null;
}
