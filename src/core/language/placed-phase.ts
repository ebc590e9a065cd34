import type { Phase } from "../graph.js";
import type { Span } from "../problem.js";
import type { Entry } from "./value.js";

/** A phase and where its parts stand. */
export interface PlacedPhase {
  readonly phase: Phase;
  /** The first optimizer that it runs. */
  readonly optimizer: string | undefined;
  /** True where it has an optimizer, or may have meant one. */
  readonly trains: boolean;
  readonly fields: ReadonlyMap<string, Entry>;
  readonly at: Span;
}
