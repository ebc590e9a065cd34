import type { Phase } from "../../core/graph.js";
import type { Results } from "./recorder.js";

/** What a person watches of a run. */
export interface ProgressView {
  /** Called once, before the first phase. */
  start(run: RunStart): void;
  /** A phase begins, inside the one before if that has not ended. */
  phase(phase: PhaseStart): void;
  step(step: StepDone): void;
  phaseEnd(phase: { readonly name: string; readonly results: Readonly<Record<string, number>> }): void;
  /** A line of its own. */
  note(line: string): void;
  /** Called once, after the last phase or a stop on request. */
  end(run: RunEnd): void;
  close(): void;
}

export interface RunStart {
  readonly graph: string;
  readonly folder: string;
  /** One line on the opened backend. */
  readonly backend: string;
  /** Samples per step of training, or of the first phase where nothing trains. */
  readonly batch: number | undefined;
  readonly trainable: number;
  readonly frozen: number;
  /** Training steps done before; 0 for a new run. */
  readonly resumedAt: number;
}

export interface PhaseStart {
  readonly name: string;
  /** The step to end at; undefined runs until the data ends. */
  readonly steps: number | undefined;
  /** Samples per step. */
  readonly batch: number | undefined;
  /** Steps done before. */
  readonly from: number;
}

export interface StepDone {
  readonly phase: string;
  /** Steps of this phase done so far. */
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface RunEnd {
  readonly state: "finished" | "interrupted";
  readonly folder: string;
  readonly phases: readonly Phase[];
  readonly results: Results;
  readonly steps: number;
  /** True where the folder is removed now: a smoke run. */
  readonly removed?: boolean;
}
