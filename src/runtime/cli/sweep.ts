import { relative } from "node:path";
import type { Sweep } from "../../core/experiment.js";
import type { Graph } from "../../core/graph.js";
import type { LoadOptions } from "../load-graph.js";
import type { ProgressView } from "../run/progress-view.js";
import type { RunOptions } from "../run-options.js";
import { estimateText } from "../report/markdown.js";
import { runSweep } from "../sweep/run-sweep.js";
import { parseAxis } from "../sweep/settings.js";
import { table } from "../text.js";
import { exitCodes } from "./exit-codes.js";

/** Flags of a sweep on the command line. */
export interface SweepFlags {
  /** `key=first,second`. */
  readonly sweep?: readonly string[];
  readonly seeds?: number;
}

/** A sweep as `graph run` does it. */
export interface SweepRun {
  readonly file: string;
  readonly load: LoadOptions;
  readonly graph: Graph;
  readonly sweep: Sweep;
  readonly options: RunOptions;
  readonly signal: AbortSignal;
  readonly progress: ProgressView;
}

/** The sweep that flags and graph ask for; flags go before what the graph says. Undefined for a plain run. Throws a UsageError. */
export function sweepOf(graph: Pick<Graph, "sweep">, flags: SweepFlags): Sweep | undefined {
  const axes = flags.sweep?.map(parseAxis);
  if (!axes && flags.seeds === undefined) return graph.sweep;
  return { axes: axes ?? graph.sweep?.axes ?? [], seeds: flags.seeds ?? graph.sweep?.seeds ?? 1 };
}

/** Runs a sweep, tells its verdicts and where the report lies; gives the exit code. */
export async function sweepVerb({ file, load, graph, sweep, options, signal, progress }: SweepRun): Promise<number> {
  const { parts, runContainer } = await import("../container.js");
  const { runInContainer } = await import("../run-in-container.js");
  const { resume = "never", runDir } = options;
  // Each run's own summary would hide the sweep's.
  const inner: ProgressView = { ...progress, start: () => undefined, end: () => undefined };
  const result = await runSweep({
    file,
    load,
    graph,
    sweep,
    resume,
    runDir,
    base: "runs",
    now: () => new Date(),
    signal,
    note: (line) => progress.note(line),
    async runOne(child, folder) {
      const container = runContainer(child, { ...options, resume: "auto", runDir: folder, signal });
      container.rebind(parts.progress).toConstantValue(inner);
      const { state, results } = await runInContainer(container);
      return { finished: state === "finished", results };
    },
  });
  progress.close();
  const shown = (path: string): string => relative(process.cwd(), path) || ".";
  const verdicts = result.verdicts.map(({ claim, difference, text }) => [claim.text, estimateText(difference), text]);
  const places = [
    ["runs", `${result.done} of ${result.total} finished`],
    ["sweep folder", shown(result.folder)],
    ...(result.report === undefined ? [] : [["report", shown(result.report)]]),
    ...(result.done < result.total ? [["go on", `graph resume ${shown(result.folder)}`]] : []),
  ];
  process.stdout.write(`${[...(verdicts.length > 0 ? [table(verdicts)] : []), table(places)].join("\n\n")}\n`);
  if (result.state === "interrupted") return exitCodes.interrupted;
  return result.state === "finished" ? exitCodes.ok : exitCodes.failed;
}
