import { resolve } from "node:path";
import type { Sweep } from "../../core/experiment.js";
import type { Graph } from "../../core/graph.js";
import { loadGraph } from "../load-graph.js";
import type { LoadOptions } from "../load-graph.js";
import { makeRunFolder, checkGivenFolder } from "../record/run-folder.js";
import { messageOf } from "../run/failure.js";
import type { Results } from "../run/recorder.js";
import { UsageError } from "../usage-error.js";
import { reportSweep } from "./report-sweep.js";
import type { SweepReport } from "./report-sweep.js";
import { childFolder, findSweep, isFinished, readSweepFile, writeSweepFile } from "./sweep-folder.js";
import type { SweepFile } from "./sweep-folder.js";
import { childrenOf } from "./settings.js";
import type { Child } from "./settings.js";

/** What to run, and what a sweep needs from outside. */
export interface SweepOptions {
  readonly file: string;
  readonly load: LoadOptions;
  /** The graph as loaded with these options. */
  readonly graph: Graph;
  readonly sweep: Sweep;
  /** `never`, `auto`, `must`, or the folder of a sweep. */
  readonly resume: string;
  readonly runDir?: string | undefined;
  /** Folder of all runs. */
  readonly base: string;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
  /** Runs one graph in a folder, going on where it stopped; `false` where it was stopped on request. */
  readonly runOne: (graph: Graph, runDir: string) => Promise<{ finished: boolean; results: Results }>;
}

/** How a sweep ended. */
export interface SweepResult extends SweepReport {
  readonly folder: string;
  readonly state: "finished" | "failed" | "interrupted";
}

/**
 * Runs every setting of a sweep with every seed, one after the other, each in a run folder of its own below the sweep's; those that are
 * finished are not run again. Then writes one report on all. A run that fails is told and the others go on. Every setting is checked
 * before the first runs: throws a GraphError or UsageError then.
 */
export async function runSweep(options: SweepOptions): Promise<SweepResult> {
  const { graph, sweep, note, signal } = options;
  const children = childrenOf(sweep, graph.seed);
  const load = (child: Child): Promise<Graph> => loadGraph(options.file, childLoad(options, child));
  const settings = new Map<string, Graph>();
  for (const child of children) if (!settings.has(child.setting)) settings.set(child.setting, await load(child));
  const folder = await openFolder(options, children);
  let failed = 0;
  for (const [i, child] of children.entries()) {
    if (signal.aborted) break;
    const name = `run ${i + 1} of ${children.length}: ${[child.setting, `seed ${child.seed}`].filter(Boolean).join(", ")}`;
    if (await isFinished(folder, child.name)) {
      note(`${name}: finished before`);
      continue;
    }
    note(name);
    try {
      await options.runOne(await load(child), childFolder(folder, child.name));
    } catch (error) {
      if (error instanceof UsageError) throw error;
      failed++;
      note(`${name} failed: ${messageOf(error)}`);
    }
  }
  const report = await reportSweep(folder, graph, sweep, children, settings);
  const state = signal.aborted ? "interrupted" : failed > 0 ? "failed" : "finished";
  return { folder, state, ...report };
}

function childLoad({ load, graph }: SweepOptions, child: Child): LoadOptions {
  // A child is a plain run: what it stores must not start the sweep again.
  const plain = [...(graph.sweep ? ["~sweep"] : []), ...(graph.report ? ["~report"] : [])];
  return { ...load, overrides: [...(load.overrides ?? []), ...plain, ...child.overrides] };
}

/** The sweep's folder: a new one, or one to go on in. Throws a UsageError where that cannot be. */
async function openFolder(options: SweepOptions, children: readonly Child[]): Promise<string> {
  const { graph, load, sweep, resume, base, now } = options;
  const own: SweepFile = {
    format: 1,
    file: resolve(options.file),
    overrides: [...(load.overrides ?? [])],
    overlays: (load.overlays ?? []).map((file) => resolve(file)),
    plugins: [...(load.plugins ?? [])],
    sweep: {
      axes: sweep.axes.map(({ path, values, sets }) => ({ path, values: [...values], ...(sets ? { sets } : {}) })),
      seeds: sweep.seeds,
    },
    children: children.map(({ name }) => name),
  };
  const named = !["never", "auto", "must"].includes(resume) ? resolve(resume) : undefined;
  const given = options.runDir === undefined ? named : resolve(options.runDir);
  if (resume !== "never") {
    const found = given ?? (await findSweep(base, graph.name, own));
    const stored = found === undefined ? undefined : await readSweepFile(found);
    if (found !== undefined && stored) {
      if (JSON.stringify(stored.children) !== JSON.stringify(own.children))
        throw new UsageError(
          `cannot go on in ${found}: it holds another sweep; give the same values and seeds, or start a new one`,
        );
      return found;
    }
    if (resume !== "auto") throw new UsageError(`nothing to resume: no such sweep in ${given ?? resolve(base)}`);
  }
  if (given !== undefined) await checkGivenFolder(given);
  const folder = await makeRunFolder(base, graph.name, now(), given);
  await writeSweepFile(folder, own);
  return folder;
}
