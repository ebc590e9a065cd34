import type { NodeDef } from "../../core/define-node.js";
import type { Graph, GraphNode, Phase, PortRef } from "../../core/graph.js";

/** What one phase needs, each list in an order in which producers come first. */
export interface PhasePlan {
  readonly phase: Phase;
  readonly sources: readonly GraphNode[];
  /** Map and model nodes whose tensors are needed and that no trained weight reaches: run before the gradient tape. */
  readonly fixed: readonly GraphNode[];
  /** Map and model nodes that depend on trained weights. */
  readonly trained: readonly GraphNode[];
  readonly optimizers: readonly GraphNode[];
  /** Reducers and sinks. */
  readonly hosts: readonly GraphNode[];
  /** Models whose weights must exist, whether their tensors are needed or only their `model` or `weights` port. */
  readonly models: readonly GraphNode[];
}

/** The part of a graph that a phase's targets depend on. */
export function planPhase(graph: Graph, phase: Phase): PhasePlan {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const evaluated = new Set<string>();
  const held = new Set<string>();
  // Chains may be longer than calls may nest.
  const open: PortRef[] = phase.run.map((node) => ({ node, port: "" }));
  for (let ref = open.pop(); ref; ref = open.pop()) {
    const node = byName.get(ref.node);
    if (!node) throw new Error(`no node "${ref.node}"`);
    if (node.def.kind === "model") held.add(node.name);
    if (isHandle(node.def, ref.port) || evaluated.has(node.name)) continue;
    evaluated.add(node.name);
    open.push(...Object.values(node.inputs));
  }
  const chosen = graph.nodes.filter((node) => evaluated.has(node.name));
  const ofKind = (...kinds: NodeDef["kind"][]): GraphNode[] => chosen.filter((node) => kinds.includes(node.def.kind));
  const optimizers = ofKind("optimizer");
  const reached = downstream(chosen, new Set(optimizers.map((node) => node.inputs["trains"]?.node ?? "")));
  const device = ofKind("map", "model");
  return {
    phase,
    sources: ofKind("source"),
    fixed: device.filter((node) => !reached.has(node.name)),
    trained: device.filter((node) => reached.has(node.name)),
    optimizers,
    hosts: ofKind("reducer", "sink"),
    models: graph.nodes.filter((node) => held.has(node.name)),
  };
}

/** Samples per step, where a source says. */
export function batchOf(plan: PhasePlan | undefined): number | undefined {
  return plan?.sources.map((node) => node.dims["B"]).find((size) => size !== undefined);
}

/** Names of the nodes that read, directly or not, from `start`, itself included. */
function downstream(nodes: readonly GraphNode[], start: ReadonlySet<string>): Set<string> {
  const reached = new Set(start);
  for (const node of nodes) if (Object.values(node.inputs).some((ref) => reached.has(ref.node))) reached.add(node.name);
  return reached;
}

/** True for ports that carry a model or its weights: they need no tensors. */
function isHandle(def: NodeDef, port: string): boolean {
  const kind = def.outputs[port]?.kind;
  return kind === "model" || kind === "weights";
}

/** Phases in the order in which they start: what comes before a phase, itself, what comes after. Nested phases are left out. */
export function phaseOrder(phases: readonly Phase[]): Phase[] {
  const placed = (phase: Phase): Phase[] => [
    ...phases.filter((other) => other.before === phase.name).flatMap(placed),
    phase,
    ...phases.filter((other) => other.after === phase.name).flatMap(placed),
  ];
  return phases.filter((phase) => !phase.before && !phase.after && !phase.of).flatMap(placed);
}

/** A phase without sources and without `steps` has one step. */
export function stepsOf(phase: Phase, plan: PhasePlan): number | undefined {
  return phase.steps ?? (plan.sources.length === 0 ? 1 : undefined);
}
