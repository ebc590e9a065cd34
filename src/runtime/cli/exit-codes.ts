/** Exit codes of the command. */
export const exitCodes = {
  ok: 0,
  /** The run failed. */
  failed: 1,
  /** Bad usage or a bad graph: nothing ran. */
  usage: 2,
  /** A verification found a difference. */
  verification: 3,
  /** A mistake of the program itself. */
  internal: 70,
  /** Stopped on request after a clean checkpoint; safe to start again with `--resume auto`. */
  interrupted: 75,
  /** Stopped at once on request. */
  killed: 130,
} as const;
