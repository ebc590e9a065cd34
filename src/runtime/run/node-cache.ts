import type { Device } from "../../core/define-backend.js";
import type { Graph } from "../../core/graph.js";
import type { Devices } from "./devices.js";
import type { PhasePlan } from "./plan.js";
import type { ProgressView } from "./progress-view.js";
import type { Recorder } from "./recorder.js";
import type { Packets } from "./transfer.js";

/** What a cache needs of a run under way. */
export interface CacheContext {
  readonly graph: Graph;
  readonly devices: Devices;
  readonly device: Device;
  readonly programs: boolean;
  readonly recorder: Recorder;
  readonly progress: ProgressView;
}

/** Keeps what pure nodes give, from step to step and from run to run. */
export interface NodeCache {
  /** What a phase has of it; undefined where none of its nodes is cached. */
  open(context: CacheContext, plan: PhasePlan): Promise<CachedPhase | undefined>;
}

/** A phase whose cached nodes need not run where their results are known. */
export interface CachedPhase {
  /** The plan in which cached nodes stand as sources. */
  readonly plan: PhasePlan;
  /** The values of the sources and those of the cached nodes, read or computed. */
  fill(values: Packets): Promise<Packets>;
  /** Tells what was read and computed. */
  close(): Promise<void>;
}
