import type { Json, Origin } from "../../core/define-node.js";
import type { HostArray } from "../../core/tensor.js";

/** One number of a run. */
export interface Metric {
  readonly phase: string;
  /** Training steps done so far, over all phases. */
  readonly step: number;
  readonly node: string;
  readonly name: string;
  readonly value: number;
}

/** Results of phases that ended: phase -> name -> value. */
export type Results = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Where a run writes. The container binds the run folder here, tests an array. */
export interface Recorder {
  /** The run folder. */
  readonly folder: string;
  metric(metric: Metric): void;
  event(event: Readonly<Record<string, Json>>): void;
  log(level: "info" | "warn", message: string): void;
  /** Writes a file below the run folder, atomically; gives its full path. */
  write(path: string, bytes: Uint8Array): Promise<string>;
  /** The files behind a node's inputs, where the recorder can read them. */
  origins?(node: string): Promise<readonly Origin[]>;
  /** Writes a checkpoint, whole or not at all, and removes all but the newest `keep`. */
  checkpoint(checkpoint: Checkpoint, keep: number): Promise<void>;
  status(status: Status): Promise<void>;
  close(): Promise<void>;
}

/** What a run needs to go on exactly: named arrays by file, and the rest as JSON. */
export interface Checkpoint {
  /** Training steps done so far, over all phases: the checkpoint's name. */
  readonly step: number;
  readonly files: ReadonlyMap<string, ReadonlyMap<string, HostArray>>;
  readonly state: CheckpointState;
}

export type CheckpointState = {
  readonly phase: string;
  /** Steps done in this phase. */
  readonly step: number;
  readonly seed: number;
  /** Phases that are over. */
  readonly done: readonly string[];
  /** Nested phases that are due after this step and have not run. */
  readonly pending: readonly string[];
  readonly results: Results;
  /** Position of each source after the last step. */
  readonly sources: { readonly [node: string]: Json };
  /** Steps in which an optimizer left the weights alone, by its name. */
  readonly skipped: { readonly [optimizer: string]: number };
};

export interface Status {
  readonly state: "running" | "finished" | "failed" | "interrupted";
  /** Training steps done so far. */
  readonly step: number;
  readonly exitCode?: number;
  readonly message?: string;
}
