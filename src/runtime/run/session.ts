import type { Device } from "../../core/define-backend.js";
import type { HostContext, Optimizer } from "../../core/define-node.js";
import type { Graph, GraphNode, Phase } from "../../core/graph.js";
import { tf } from "../../core/tensor.js";
import type { Activity } from "./activity.js";
import type { Devices } from "./devices.js";
import { asWeightSet, disposeModel, loadModel } from "./live-model.js";
import type { LiveModel } from "./live-model.js";
import type { NodeCache } from "./node-cache.js";
import { phaseOrder, planPhase } from "./plan.js";
import type { PhasePlan } from "./plan.js";
import type { ProgressView } from "./progress-view.js";
import type { Recorder } from "./recorder.js";
import type { StepWatch } from "./stage.js";
import type { Packets } from "./transfer.js";

/** A run under way: the graph, what lives on the device, and where results go. */
export interface Session {
  readonly graph: Graph;
  readonly plans: ReadonlyMap<string, PhasePlan>;
  /** Phases that start by themselves, in order; nested ones run inside theirs. */
  readonly order: readonly Phase[];
  readonly devices: Devices;
  readonly device: Device;
  /** Whether steps may be replayed as programs, and how often a replay is checked; see StepRunner. */
  readonly programs: boolean;
  readonly checkReplay: number;
  /** See RunServices. */
  readonly pace?: () => Promise<void>;
  readonly watch?: (phase: string, step: number, packets: Packets) => StepWatch | undefined;
  readonly activity: Activity;
  /** Keeps results of nodes that say so; left out where nothing is kept. */
  readonly cache?: NodeCache;
  readonly recorder: Recorder;
  readonly progress: ProgressView;
  readonly signal: AbortSignal;
  /** Training steps done so far, over all phases. */
  trained: number;
  /** Names of phases that are over. */
  readonly done: Set<string>;
  /** Results of phases that ended, the latest of each. */
  readonly results: Map<string, Readonly<Record<string, number>>>;
  /** True once there is a checkpoint to go on from. */
  saved: boolean;
  /** Seconds of the clock, for rates. */
  readonly now: () => number;
}

/** Puts every model and optimizer of the graph's phases on the device. */
export async function openDevices(graph: Graph): Promise<Devices> {
  const plans = graph.phases.map((phase) => planPhase(graph, phase));
  const needed = new Set(plans.flatMap((plan) => plan.models));
  const models = new Map<string, LiveModel>();
  const optimizers = new Map<string, Optimizer>();
  const devices = { seed: graph.seed, models, optimizers, skipped: new Map<string, number>() };
  try {
    for (const node of graph.nodes.filter((other) => needed.has(other))) models.set(node.name, await loadModel(node, graph.seed));
    for (const node of inOrder(
      plans.flatMap((plan) => plan.optimizers),
      graph,
    ))
      optimizers.set(node.name, openOptimizer(node, models));
  } catch (error) {
    closeDevices(devices);
    throw error;
  }
  return devices;
}

/** The nodes once each, in the graph's order. */
function inOrder(nodes: readonly GraphNode[], graph: Graph): GraphNode[] {
  return graph.nodes.filter((node) => nodes.includes(node));
}

function openOptimizer(node: GraphNode, models: Devices["models"]): Optimizer {
  const { def, params, name, inputs } = node;
  const live = models.get(inputs["trains"]?.node ?? "");
  if (def.kind !== "optimizer" || !live) throw new Error(`optimizer "${name}" trains no model`);
  const made: Optimizer[] = [];
  // Variables stay; the tensors that they start from go.
  tf.tidy(() => void made.push(def.create(params, asWeightSet(live, live.weights))));
  const [optimizer] = made;
  if (!optimizer) throw new Error(`optimizer "${name}" made nothing`);
  return optimizer;
}

/** Frees what `openDevices` made. */
export function closeDevices(devices: Devices): void {
  for (const optimizer of devices.optimizers.values()) optimizer.dispose();
  for (const model of devices.models.values()) disposeModel(model);
}

/** The plans of all phases by name, and the order of those that start by themselves. */
export function planGraph(graph: Graph): { plans: Map<string, PhasePlan>; order: Phase[] } {
  const plans = new Map(graph.phases.map((phase) => [phase.name, planPhase(graph, phase)]));
  return { plans, order: phaseOrder(graph.phases) };
}

/** What a host node may use of this run. */
export function hostContext(session: Session, node: string): HostContext {
  const { recorder, progress, graph, device } = session;
  return {
    node,
    seed: graph.seed,
    now: session.now,
    log(level, message) {
      recorder.log(level, `${node}: ${message}`);
      progress.note(`${node}: ${message}`);
    },
    write: (path, bytes) => recorder.write(path, bytes),
    ...(device.memory().peak === undefined ? {} : { peakMemory: () => device.memory().peak ?? 0 }),
    origins: async () => (await recorder.origins?.(node)) ?? [],
  };
}
