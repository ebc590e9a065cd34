import type { ComputeBackend, Precision } from "../../core/define-backend.js";
import type { Graph, Phase } from "../../core/graph.js";
import { nearNames } from "../../core/near-names.js";
import { checkPrecision, chooseBackend } from "../choose-backend.js";
import { batchOf, phaseOrder, planPhase } from "../run/plan.js";
import { summarize } from "../summary.js";
import { UsageError } from "../usage-error.js";
import { makeLedger } from "./ledger.js";
import { median } from "./median.js";
import { openPhase } from "./open-phase.js";
import type { OpenPhase } from "./open-phase.js";
import { meanParts, rowsOf } from "./rows.js";
import type { Row } from "./rows.js";
import { shared } from "./watch-nodes.js";

/** What to time, and on what. */
export interface BenchOptions {
  readonly backends: readonly ComputeBackend[];
  /** A backend's id, or `auto`. */
  readonly backend: string;
  readonly precision: Precision;
  readonly threads?: number;
  /** The phase to time; default the first that trains, else the first. */
  readonly phase?: string;
  /** Steps of each of the two measurements. */
  readonly steps: number;
  /** Lines on the choice of the backend. */
  note(line: string): void;
}

/** Times of one phase of a graph. */
export interface GraphBench {
  readonly graph: string;
  readonly phase: string;
  /** One line on the opened backend. */
  readonly device: string;
  readonly precision: Precision;
  /** Samples per step, where a source says. */
  readonly batch: number | undefined;
  readonly steps: number;
  /** Milliseconds of a step as a run does it: the median, and the least. */
  readonly stepMs: number;
  readonly leastMs: number;
  readonly imagesPerSecond: number | undefined;
  /** Operations of a step, as far as its nodes count them. */
  readonly flops: number;
  /** GFLOP/s of nothing but multiply-adds, where the backend can measure it, and the milliseconds that a step needs at that rate. */
  readonly peak: number | undefined;
  readonly floorMs: number | undefined;
  /** Milliseconds of a step run node by node, and what they went into; the rows sum to it. */
  readonly watchedMs: number;
  readonly rows: readonly Row[];
  /** Sinks, which write and are left out. */
  readonly leftOut: readonly string[];
}

/** Steps before the first that counts: buffers grow, code is compiled, programs are recorded. */
const warmUp = 5;

/**
 * Times a phase: first whole steps, then as many node by node. Nothing is written. Throws a UsageError for a phase, backend or precision
 * that is not there, and a RunFailure for a step that fails.
 */
export async function benchGraph(graph: Graph, options: BenchOptions): Promise<GraphBench> {
  const phase = choosePhase(graph, options.phase);
  const { backend, lines } = await chooseBackend(options.backends, options.backend);
  const precision = checkPrecision(backend, options.precision);
  lines.forEach(options.note);
  const open = await openPhase(graph, phase, backend, { precision, threads: options.threads });
  try {
    return { graph: graph.name, phase: phase.name, precision, ...(await measure(graph, phase, open, options.steps)) };
  } finally {
    await open.close();
  }
}

async function measure(
  graph: Graph,
  phase: Phase,
  open: OpenPhase,
  steps: number,
): Promise<Omit<GraphBench, "graph" | "phase" | "precision">> {
  const { plan, device } = open;
  const before = device.peak?.();
  await open.run(warmUp);
  const times = await open.run(steps);
  const ledger = makeLedger(() => performance.now() / 1000, shared.data);
  const watched: ReadonlyMap<string, number>[] = [];
  await open.run(steps, { ledger, each: () => void watched.push(ledger.take()) });
  // A busy neighbour only ever lowers it.
  const peak = before === undefined ? undefined : Math.max(before, device.peak?.() ?? 0);
  const summary = summarize(graph);
  const flops = summary.phases.find(({ name }) => name === phase.name)?.flops ?? 0;
  const parts = meanParts(watched);
  const stepMs = 1000 * median(times);
  const batch = batchOf(plan);
  return {
    device: device.info,
    batch,
    steps,
    stepMs,
    leastMs: 1000 * Math.min(...times),
    imagesPerSecond: batch === undefined ? undefined : (1000 * batch) / stepMs,
    flops,
    peak,
    floorMs: peak === undefined ? undefined : flops / peak / 1e6,
    watchedMs: 1000 * [...parts.values()].reduce((a, b) => a + b, 0),
    rows: rowsOf(parts, plan, summary.nodes, peak),
    leftOut: planPhase(graph, phase)
      .hosts.filter((node) => !plan.hosts.includes(node))
      .map(({ name }) => name),
  };
}

/** The phase of this name; without a name the first that trains, else the first to run. Throws a UsageError. */
export function choosePhase(graph: Graph, name: string | undefined): Phase {
  const names = graph.phases.map((phase) => phase.name);
  const training = graph.phases.find((phase) => planPhase(graph, phase).optimizers.length > 0);
  const chosen =
    name === undefined ? (training ?? phaseOrder(graph.phases)[0]) : graph.phases.find((phase) => phase.name === name);
  if (chosen) return chosen;
  if (name === undefined) throw new UsageError(`graph "${graph.name}" has no phase to time`);
  const near = nearNames(name, names).map((other) => `"${other}"`);
  const cure = near.length > 0 ? `did you mean ${near.join(" or ")}? ` : "";
  throw new UsageError(`graph "${graph.name}" has no phase "${name}"; ${cure}there are ${names.join(", ")}`);
}
