import type { ComputeBackend, Precision } from "../../core/define-backend.js";
import type { Graph } from "../../core/graph.js";
import { checkPrecision, chooseBackend } from "../choose-backend.js";
import { Interrupted } from "../run/failure.js";
import type { RunResult } from "../run/run-graph.js";
import { UsageError } from "../usage-error.js";
import { captureRun } from "./capture.js";
import { Comparison } from "./compare-steps.js";
import type { Divergence, PlaceDifference } from "./compare-steps.js";
import { shortGraph } from "./short-graph.js";
import type { Extent } from "./short-graph.js";
import { openStepFiles } from "./step-files.js";
import type { StepFiles } from "./step-files.js";
import { readTolerances } from "./tolerances.js";
import type { Tolerances } from "./tolerances.js";

/** What to compare. */
export interface VerifyOptions extends Extent {
  readonly backends: readonly ComputeBackend[];
  /** Ids, `native:bf16` for one in another precision; the first is what the others are compared with. */
  readonly compare: readonly string[];
  readonly threads?: number;
  /** See `readTolerances`. */
  readonly tolerances: readonly string[];
  readonly signal: AbortSignal;
  /** Lines on the choice of the backends. */
  note(line: string): void;
}

/** What a comparison found. */
export interface Verification {
  readonly graph: string;
  /** One line on the backend that the others are compared with. */
  readonly device: string;
  readonly steps: number;
  readonly losses: Losses;
  readonly results: RunResult["results"];
  readonly others: readonly BackendDifference[];
}

/** Losses by phase and optimizer, step by step. */
export type Losses = Readonly<Record<string, readonly number[]>>;

/** How one backend differs from the first. */
export interface BackendDifference {
  readonly device: string;
  readonly losses: Losses;
  readonly results: RunResult["results"];
  readonly places: readonly PlaceDifference[];
  /** The first that is further apart than allowed; none where the backends agree. */
  readonly first: Divergence | undefined;
}

interface Contender {
  readonly backend: ComputeBackend;
  readonly precision: Precision;
}

/**
 * Runs a graph's phases on each backend from the same seed, op by op, and compares every edge, gradient and loss of every step with the
 * first backend's. Nothing is written. Throws a UsageError for a backend, phase or tolerance that is none, Interrupted on a stop.
 */
export async function verifyGraph(graph: Graph, options: VerifyOptions): Promise<Verification> {
  const tolerances = readTolerances(graph, options.tolerances);
  const [baseline, ...others] = await contenders(options);
  if (!baseline || others.length === 0)
    throw new UsageError("a comparison takes two backends or more, e.g. --backends native,wasm");
  const files = await openStepFiles();
  try {
    const short = shortGraph(graph, options, files.folder);
    const losses = new LossList(short);
    const first = await run(short, baseline, options, async (step) => {
      losses.add(step);
      await files.add(step);
    });
    const compared: BackendDifference[] = [];
    for (const contender of others) compared.push(await compare(short, contender, { options, files, tolerances }));
    return { graph: graph.name, ...first, steps: options.steps, losses: losses.found, others: compared };
  } finally {
    await files.remove();
  }
}

interface Against {
  readonly options: VerifyOptions;
  readonly files: StepFiles;
  readonly tolerances: Tolerances;
}

async function compare(graph: Graph, contender: Contender, { options, files, tolerances }: Against): Promise<BackendDifference> {
  const comparison = new Comparison(tolerances);
  const losses = new LossList(graph);
  let index = 0;
  const ran = await run(graph, contender, options, async (step) => {
    losses.add(step);
    comparison.add(await files.read(index++), step);
  });
  return { ...ran, losses: losses.found, places: comparison.places, first: comparison.first };
}

async function run(
  graph: Graph,
  contender: Contender,
  { threads, signal }: VerifyOptions,
  take: Parameters<typeof captureRun>[2],
): Promise<Pick<BackendDifference, "device" | "results">> {
  const { device, result } = await captureRun(graph, { ...contender, threads, signal }, take);
  if (result.state === "interrupted") throw new Interrupted("stopped before everything was compared");
  return { device, results: result.results };
}

async function contenders({ backends, compare: wanted, note }: VerifyOptions): Promise<Contender[]> {
  const chosen: Contender[] = [];
  for (const text of wanted) {
    const [id = "", precision = "fp32"] = text.split(":");
    const { backend, lines } = await chooseBackend(backends, id);
    lines.forEach(note);
    chosen.push({ backend, precision: checkPrecision(backend, precision as Precision) });
  }
  return chosen;
}

/** Gathers the losses of a run. */
class LossList {
  readonly found: Record<string, number[]> = {};
  private readonly read: ReadonlyMap<string, { readonly node: string; readonly port: string }>;

  constructor(graph: Graph) {
    const optimizers = graph.nodes.filter(({ def }) => def.kind === "optimizer");
    this.read = new Map(optimizers.flatMap(({ name, inputs: { loss } }) => (loss ? [[name, loss]] : [])));
  }

  add({ phase, arrays }: Parameters<Comparison["add"]>[1]): void {
    const trained = new Set(arrays.flatMap(([{ kind, node }]) => (kind === "number" ? [node] : [])));
    for (const [optimizer, { node, port }] of this.read) {
      const loss = trained.has(optimizer)
        ? arrays.find(([place]) => place.kind === "edge" && place.node === node && place.name === port)?.[1].data[0]
        : undefined;
      if (loss !== undefined) (this.found[`${phase}/${optimizer}`] ??= []).push(loss);
    }
  }
}
