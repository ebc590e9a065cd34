/** A place in a graph file: offsets into its text. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** A mistake as data; `format-problem.ts` turns it into lines with a code frame. */
export interface Problem {
  /** Stable code, `G101`. The list is in `problem-codes.ts`. */
  readonly code: string;
  readonly message: string;
  readonly at?: Span;
  /** Other places that belong to it, e.g. the producer of a bad edge. */
  readonly notes?: readonly { readonly message: string; readonly at?: Span }[];
  /** What to do about it: `did you mean "depth"?` */
  readonly cure?: string;
}

/** Thrown when a graph cannot be used; carries every problem found, and the texts that their places point into. Exit code 2. */
export class GraphError extends Error {
  override readonly name = "GraphError";
  constructor(
    readonly problems: readonly Problem[],
    /** Texts by the names that spans use; `<override>` holds the overrides, one a line. */
    readonly sources: ReadonlyMap<string, string> = new Map(),
  ) {
    super(problems.map((problem) => `[${problem.code}] ${problem.message}`).join("\n"));
  }
}
