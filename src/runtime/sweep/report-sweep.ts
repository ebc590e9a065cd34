import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Sweep } from "../../core/experiment.js";
import type { Graph } from "../../core/graph.js";
import type { ReportedRun, Verdict } from "../report/outcome.js";
import { writeReport } from "../report/write-report.js";
import { summarize } from "../summary.js";
import { defaultReport } from "./default-report.js";
import { readMetrics } from "./read-metrics.js";
import type { Child } from "./settings.js";
import { childFolder, isFinished } from "./sweep-folder.js";

/** What a sweep's report came to. */
export interface SweepReport {
  /** Runs that are finished, and all. */
  readonly done: number;
  readonly total: number;
  readonly verdicts: readonly Verdict[];
  /** The report's Markdown file; undefined where no run is finished. */
  readonly report: string | undefined;
}

/**
 * Writes the report on the finished runs of a sweep into `reports/` of its folder. `settings` holds the graph of each setting, for what is
 * known without running.
 */
export async function reportSweep(
  folder: string,
  graph: Graph,
  sweep: Sweep,
  children: readonly Child[],
  settings: ReadonlyMap<string, Graph>,
): Promise<SweepReport> {
  const runs: ReportedRun[] = [];
  const missing: string[] = [];
  for (const { name, setting, seed } of children) {
    if (await isFinished(folder, name))
      runs.push({
        setting,
        seed,
        folder: join("runs", name),
        metrics: new Map([...(await readMetrics(childFolder(folder, name))), ...graphMetrics(settings.get(setting))]),
      });
    else missing.push(`run ${name} has not finished`);
  }
  const counts = { done: runs.length, total: children.length };
  if (runs.length === 0) return { ...counts, verdicts: [], report: undefined };
  const axes = sweep.axes.map(({ path }) => path);
  const reports = join(folder, "reports");
  const verdicts = await writeReport(reports, {
    plan: graph.report ?? defaultReport(graph.name, axes, runs),
    settings: [...new Set(children.map(({ setting }) => setting))],
    runs,
    missing,
    facts: await factsOf(folder, graph, sweep, children),
  });
  return { ...counts, verdicts, report: join(reports, "report.md") };
}

/** Parameters that a phase trains, operations of a step and estimated bytes, as `graph/<phase>.<what>`. */
function graphMetrics(graph: Graph | undefined): Map<string, { step: number; value: number }[]> {
  const phases = graph ? summarize(graph).phases : [];
  return new Map(
    phases.flatMap(({ name, parameters, flops, bytes }) =>
      Object.entries({ parameters, gflops: flops / 1e9, megabytes: bytes / 1e6 }).map(
        ([what, value]): [string, { step: number; value: number }[]] => [`graph/${name}.${what}`, [{ step: 0, value }]],
      ),
    ),
  );
}

async function factsOf(folder: string, graph: Graph, sweep: Sweep, children: readonly Child[]): Promise<string[]> {
  const lock = await readFile(join(childFolder(folder, children[0]?.name ?? ""), "lock.json"), "utf8").catch(() => "{}");
  const { device, git } = JSON.parse(lock) as { device?: string; git?: { commit: string; changed: boolean } };
  const seeds = sweep.seeds === 1 ? "one seed" : `${sweep.seeds} seeds from ${graph.seed} on`;
  const varied = sweep.axes.map(({ path, values }) => `${path} (${values.length} values)`).join(", ");
  return [
    `graph ${graph.name}; ${varied === "" ? "no parameter varied" : `varied: ${varied}`}; ${seeds}; ${children.length} runs, below runs/ of this folder`,
    `machine: ${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown processor"}, Node ${process.version}${device === undefined ? "" : `, ${device}`}`,
    ...(git ? [`commit ${git.commit.slice(0, 12)}${git.changed ? " with changes" : ""}`] : []),
    "intervals: 95%, Student's t over seeds; claims are judged by differences paired by seed",
  ];
}
