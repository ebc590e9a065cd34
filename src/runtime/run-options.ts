import type { Precision } from "../core/define-backend.js";
import type { Part } from "./partial.js";

/** How to run a graph; everything has a default. */
export interface RunOptions {
  /** A backend's id, or `auto` (the default): the first of cuda, native and wasm that this machine can run. */
  readonly backend?: string;
  /** Arithmetic of the heavy ops; default fp32. */
  readonly precision?: Precision;
  /** CPU threads; the backend chooses by default. */
  readonly threads?: number;
  /** `never` (the default), `auto`, `must`, or the path of a run or checkpoint folder. */
  readonly resume?: string;
  /** Run folder instead of `runs/<graph>/<date>_<id>` in the current directory. */
  readonly runDir?: string;
  /** At most two steps of each phase in a folder that is removed at the end, unless `runDir` names one. */
  readonly smoke?: boolean;
  /** False runs every op of every step one by one where a device would replay recorded steps; true by default. */
  readonly programs?: boolean;
  /** Compares every so many replayed steps with the step run op by op, bit for bit; 0, the default, is never. */
  readonly checkReplay?: number;
  /** What of the graph to run; everything by default. */
  readonly part?: Part;
  /** Edges to look at: `dit.velocity:stats`, `decoder.image:image`. */
  readonly peek?: readonly string[];
  /** Writes what the run does to this file as Chrome trace events. */
  readonly trace?: string;
  /** Tells who waits for whom when nothing has moved for so many seconds; 60 by default, 0 never tells. */
  readonly stallAfter?: number;
  /** Stops after the step in work, with a checkpoint. */
  readonly signal?: AbortSignal;
}
