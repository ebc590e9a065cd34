import type { Graph, GraphNode, Phase } from "../../core/graph.js";
import { partOf } from "../partial.js";
import { inputFiles } from "../record/input-files.js";
import { planResume } from "../record/plan-resume.js";
import { batchOf, phaseOrder, planPhase } from "../run/plan.js";
import type { RunOptions } from "../run-options.js";
import { summarize } from "../summary.js";
import { readPace } from "./read-pace.js";

/** What a run would do. */
export interface RunPlan {
  readonly graph: string;
  readonly phases: readonly PhaseToRun[];
  /** Files that nodes read, as far as they are there. */
  readonly files: readonly { readonly node: string; readonly file: string; readonly bytes: number }[];
  /** The checkpoint that the run would go on from, and what is done by then. */
  readonly resumes: { readonly folder: string; readonly step: number; readonly done: readonly string[] } | undefined;
}

/** One phase of it; steps are those of one execution. */
export interface PhaseToRun {
  readonly name: string;
  readonly when: string;
  /** Undefined until the data ends. */
  readonly steps: number | undefined;
  /** Steps that a checkpoint spares. */
  readonly stepsDone: number;
  readonly batch: number | undefined;
  readonly flops: number;
  readonly bytes: number;
  readonly sources: readonly string[];
  readonly runs: readonly string[];
  readonly trains: readonly string[];
  readonly targets: readonly string[];
  /** Outputs whose mean is told after each step, as `node.port`. */
  readonly logs: readonly string[];
  /** Those of the nodes that keep their results on disk; `graph why FILE NODE` tells what is there. */
  readonly cached: readonly string[];
  /** Bytes of one checkpoint, and how many stay; 0 where the phase writes none. */
  readonly checkpointBytes: number;
  readonly keep: number;
  /** Seconds of a step in the newest run in which this phase came to its end, and that run's folder. */
  readonly pace: { readonly seconds: number; readonly folder: string } | undefined;
}

/** Looks at what a run with these options would do. Throws what the run itself would throw before it starts. */
export async function planRun(whole: Graph, options: RunOptions, base: string): Promise<RunPlan> {
  const graph = partOf(whole, options.part ?? {});
  const resume = await planResume(whole, { resume: options.resume ?? "never", runDir: options.runDir, base });
  const found = resume?.found?.checkpoint;
  const summary = summarize(graph);
  const phases: PhaseToRun[] = [];
  for (const phase of inOrder(graph.phases)) {
    if (found?.state.done.includes(phase.name)) continue;
    const plan = planPhase(graph, phase);
    const { flops = 0, bytes = 0, steps } = summary.phases.find(({ name }) => name === phase.name) ?? {};
    const names = (nodes: readonly GraphNode[]): string[] => nodes.map(({ name }) => name);
    const learning = plan.optimizers.length > 0;
    const trained = plan.optimizers.flatMap((node) => summary.nodes.filter(({ name }) => name === node.inputs["trains"]?.node));
    phases.push({
      name: phase.name,
      when: whenOf(phase),
      steps,
      stepsDone: found?.state.phase === phase.name ? found.state.step : 0,
      batch: batchOf(plan),
      flops,
      bytes,
      sources: names(plan.sources),
      runs: names(learning ? plan.fixed : [...plan.fixed, ...plan.trained]),
      trains: learning ? names(plan.trained) : [],
      targets: phase.run,
      logs: (phase.log ?? []).map(({ node, port }) => `${node}.${port}`),
      cached: names(plan.fixed.filter(({ cache }) => cache !== undefined)),
      // Weights, their average and two moments.
      checkpointBytes: trained.reduce((sum, { trainable, total }) => sum + 4 * (2 * total + 2 * trainable), 0),
      keep: phase.keep,
      pace: await readPace(base, graph.name, phase.name),
    });
  }
  const running = new Set(graph.phases.flatMap((phase) => neededBy(graph, phase)));
  const files = await inputFiles({ nodes: graph.nodes.filter(({ name }) => running.has(name)) }, 0);
  const resumes = found && resume ? { folder: resume.folder, step: found.step, done: found.state.done } : undefined;
  return { graph: graph.name, phases, files, resumes };
}

function neededBy(graph: Graph, phase: Phase): string[] {
  const { sources, fixed, trained, models } = planPhase(graph, phase);
  return [...sources, ...fixed, ...trained, ...models].map(({ name }) => name);
}

/** Each phase, and behind it those nested in it. */
function inOrder(phases: readonly Phase[]): Phase[] {
  return phaseOrder(phases).flatMap((phase) => [phase, ...phases.filter(({ of }) => of === phase.name)]);
}

function whenOf({ of, every, before, after }: Phase): string {
  if (of !== undefined)
    return every === undefined ? `after every step of ${of}` : `after every ${every} steps of ${of}, and its last`;
  if (before !== undefined) return `before ${before}`;
  return after === undefined ? "" : `after ${after}`;
}
