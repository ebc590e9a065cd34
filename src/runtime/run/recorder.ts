import type { Json } from "../../core/define-node.js";
import type { HostArray } from "../../core/tensor.js";

/** One number of a run. */
export interface Metric {
  readonly phase: string;
  /** Training steps done so far. */
  readonly step: number;
  readonly node: string;
  readonly name: string;
  readonly value: number;
}

/** Where a run writes. The container binds the run folder here, tests an array. */
export interface Recorder {
  /** The run folder. */
  readonly folder: string;
  metric(metric: Metric): void;
  event(event: Readonly<Record<string, Json>>): void;
  log(level: "info" | "warn", message: string): void;
  /** Writes a file below the run folder, atomically; gives its full path. */
  write(path: string, bytes: Uint8Array): Promise<string>;
  checkpoint(checkpoint: Checkpoint, keep: number): Promise<void>;
  status(status: Status): Promise<void>;
  close(): Promise<void>;
}

/** What a run needs to go on exactly: named arrays by file, and the rest as JSON. */
export interface Checkpoint {
  readonly step: number;
  readonly files: ReadonlyMap<string, ReadonlyMap<string, HostArray>>;
  readonly state: CheckpointState;
}

export type CheckpointState = {
  readonly phase: string;
  readonly step: number;
  readonly seed: number;
  /** Phases that are over. */
  readonly done: readonly string[];
  /** Position of each source after the last step. */
  readonly sources: { readonly [node: string]: Json };
};

export interface Status {
  readonly state: "running" | "finished" | "failed" | "interrupted";
  readonly step: number;
  readonly exitCode?: number;
  readonly message?: string;
}

/** What a person watches. */
export interface ProgressView {
  phase(phase: {
    readonly name: string;
    readonly steps: number | undefined;
    readonly batch: number | undefined;
    readonly from: number;
  }): void;
  step(step: { readonly phase: string; readonly step: number; readonly metrics: Readonly<Record<string, number>> }): void;
  phaseEnd(phase: { readonly name: string; readonly step: number; readonly results: Readonly<Record<string, number>> }): void;
  note(line: string): void;
  close(): void;
}
