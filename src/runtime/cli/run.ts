import type { Precision } from "../../core/define-backend.js";
import { loadGraph } from "../load-graph.js";
import { chooseProgress } from "../progress/choose-progress.js";
import type { RunOptions } from "../run-options.js";
import { exitCodes } from "./exit-codes.js";
import { graphOptions } from "./graph-flags.js";
import type { GraphFlags } from "./graph-flags.js";
import { pullOnce } from "./pull-once.js";
import { reportProblems } from "./report-problems.js";
import { onStopSignals } from "./stop-signals.js";
import { sweepOf, sweepVerb } from "./sweep.js";
import type { SweepFlags } from "./sweep.js";

/** Flags of `graph run`, as the command line gives them. */
export interface RunFlags extends GraphFlags, SweepFlags {
  readonly backend: string;
  readonly precision: Precision;
  readonly threads?: number;
  readonly resume: string;
  readonly runDir?: string;
  readonly smoke?: boolean;
  readonly plan?: boolean;
  readonly json?: boolean;
  readonly from?: readonly string[];
  readonly to?: readonly string[];
  readonly only?: readonly string[];
  readonly until?: string;
  readonly peek?: readonly string[];
  readonly trace?: string;
  readonly stallAfter: number;
  readonly logEvery: number;
  readonly programs: boolean;
  readonly checkReplay: number;
  readonly stack?: boolean;
}

/** `graph run`: checks, plans and executes a graph; gives the exit code. */
export async function runVerb(file: string, overrides: readonly string[], flags: RunFlags): Promise<number> {
  const progress = chooseProgress(process, flags.logEvery);
  const stop = onStopSignals((line) => progress.note(line));
  try {
    const load = { ...graphOptions(overrides, flags), pull: pullOnce };
    const graph = await loadGraph(file, load);
    const sweep = sweepOf(graph, flags);
    const options = { ...optionsOf(flags), signal: stop.signal };
    if (flags.plan) {
      const { writePlan } = await import("../plan/write-plan.js");
      process.stdout.write(`${await writePlan(graph, options, flags.json === true)}\n`);
      return exitCodes.ok;
    }
    // A smoke run proves that the parts work together, and the graph as written does that for all settings.
    if (sweep && !flags.smoke) return await sweepVerb({ file, load, graph, sweep, options, signal: stop.signal, progress });
    const { parts, runContainer } = await import("../container.js");
    const { runInContainer } = await import("../run-in-container.js");
    const container = runContainer(graph, options);
    container.rebind(parts.progress).toConstantValue(progress);
    const { state } = await runInContainer(container);
    return state === "finished" ? exitCodes.ok : exitCodes.interrupted;
  } catch (error) {
    progress.close();
    return reportProblems(error, flags);
  } finally {
    stop.release();
  }
}

function optionsOf({ backend, precision, resume, programs, checkReplay, stallAfter, ...rest }: RunFlags): RunOptions {
  const { threads, runDir, smoke, peek, trace, from, to, only, until } = rest;
  const part = { ...(from ? { from } : {}), ...(to ? { to } : {}), ...(only ? { only } : {}), ...(until ? { until } : {}) };
  return {
    backend,
    precision,
    resume,
    programs,
    checkReplay,
    part,
    stallAfter,
    ...(threads === undefined ? {} : { threads }),
    ...(runDir === undefined ? {} : { runDir }),
    ...(smoke === undefined ? {} : { smoke }),
    ...(peek ? { peek } : {}),
    ...(trace === undefined ? {} : { trace }),
  };
}
