import type { Batch } from "./harness.js";
import type { NodeInput } from "./node-function.js";

/** A case that a node must stand; what its kind does not use is left out. */
export interface NodeExample {
  /** Inputs of a map or model. */
  readonly inputs?: Readonly<Record<string, NodeInput>>;
  readonly params?: Readonly<Record<string, unknown>>;
  /** What a reducer or sink is given, step by step. */
  readonly batches?: readonly Batch[];
  readonly seed?: number;
  /** True to run it as in a training phase. */
  readonly training?: boolean;
  /** Sizes that no input tells. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Backends that must agree with `reference`; by default all built-in ones that this machine can run. */
  readonly backends?: readonly string[];
  /** Largest relative difference between backends and between gradient and finite difference; default 0.01. */
  readonly tolerance?: number;
  /** False for a node that is not differentiable by its inputs, such as one that rounds. */
  readonly gradient?: boolean;
}

/** Collects what a check found. */
export interface Findings {
  /** Notes a check as held, or as failed for the reasons given. */
  held(check: string, wrong: readonly string[]): void;
  skipped(check: string, why: string): void;
}
