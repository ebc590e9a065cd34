import type { HostContext } from "../../core/define-node.js";
import type { Graph, Phase } from "../../core/graph.js";
import { asWeightSet, createModel, disposeModel } from "./live-model.js";
import { loadWeights } from "./load-weights.js";
import { phaseOrder, planPhase } from "./plan.js";
import type { PhasePlan } from "./plan.js";
import type { ProgressView, Recorder } from "./recorder.js";
import type { Devices } from "./stage.js";

/** A run under way: the graph, what lives on the device, and where results go. */
export interface Session {
  readonly graph: Graph;
  readonly plans: ReadonlyMap<string, PhasePlan>;
  /** Phases that start by themselves, in order; nested ones run inside theirs. */
  readonly order: readonly Phase[];
  readonly devices: Devices;
  readonly recorder: Recorder;
  readonly progress: ProgressView;
  readonly signal: AbortSignal;
  /** Training steps done so far. */
  trained: number;
  /** Names of phases that are over. */
  readonly done: Set<string>;
  /** Seconds of the clock, for rates. */
  readonly now: () => number;
}

/** Thrown when the user asked to stop and everything was saved. Exit code 75. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Puts every model and optimizer of the graph's phases on the device. */
export async function openDevices(graph: Graph): Promise<Devices> {
  const plans = graph.phases.map((phase) => planPhase(graph, phase));
  const models = new Map<string, ReturnType<typeof createModel>>();
  for (const node of graph.nodes.filter(({ name }) => plans.some((plan) => plan.models.some((model) => model.name === name))))
    models.set(node.name, createModel(node, graph.seed, await loadWeights(node)));
  const optimizers = new Map<string, ReturnType<typeof openOptimizer>>();
  for (const node of new Set(plans.flatMap((plan) => plan.optimizers))) optimizers.set(node.name, openOptimizer(node, models));
  return { seed: graph.seed, models, optimizers };
}

function openOptimizer(
  node: Graph["nodes"][number],
  models: Devices["models"],
): Devices["optimizers"] extends ReadonlyMap<string, infer O> ? O : never {
  const live = models.get(node.inputs["trains"]?.node ?? "");
  if (node.def.kind !== "optimizer" || !live) throw new Error(`optimizer "${node.name}" trains no model`);
  return node.def.create(node.params, asWeightSet(live, live.weights));
}

/** Frees what `openDevices` made. */
export function closeDevices(devices: Devices): void {
  for (const optimizer of devices.optimizers.values()) optimizer.dispose();
  for (const model of devices.models.values()) disposeModel(model);
}

/** The plans of all phases by name, and the order of those that start by themselves. */
export function planGraph(graph: Graph): { plans: Map<string, PhasePlan>; order: Phase[] } {
  return { plans: new Map(graph.phases.map((phase) => [phase.name, planPhase(graph, phase)])), order: phaseOrder(graph.phases) };
}

/** What a host node may use of this run. */
export function hostContext(session: Session, node: string): HostContext {
  const { recorder, progress, graph } = session;
  return {
    node,
    seed: graph.seed,
    log(level, message) {
      recorder.log(level, `${node}: ${message}`);
      progress.note(`${node}: ${message}`);
    },
    write: (path, bytes) => recorder.write(path, bytes),
  };
}
