import type { NodeDef } from "../../core/define-node.js";
import type { Graph, GraphNode, Phase } from "../../core/graph.js";
import { nodesOf, ownerOf, reachedBy } from "./plan-nodes.js";
import { planStages } from "./plan-stages.js";
import type { StagePlan } from "./plan-stages.js";

/** What one phase needs, each list in an order in which producers come first. */
export interface PhasePlan {
  readonly phase: Phase;
  readonly sources: readonly GraphNode[];
  /** Map and model nodes whose tensors are needed and that no trained weight reaches: run once a step, before all training. */
  readonly fixed: readonly GraphNode[];
  /** Map and model nodes that depend on trained weights. */
  readonly trained: readonly GraphNode[];
  /** In the order in which the phase names them, which is that of their updates. */
  readonly optimizers: readonly GraphNode[];
  /** Reducers and sinks. */
  readonly hosts: readonly GraphNode[];
  /** Models whose weights must exist, whether their tensors are needed or only their `model` or `weights` port. */
  readonly models: readonly GraphNode[];
  /** What the device does in a step: one stage, and another from each step on at which a node of the phase joins. */
  readonly stages: readonly StagePlan[];
}

/** The part of a graph that a phase's targets depend on. */
export function planPhase(graph: Graph, phase: Phase): PhasePlan {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const needed = nodesOf(phase.run, byName);
  const held = new Set<string>();
  for (const name of needed) {
    const node = byName.get(name);
    if (node?.def.kind === "model") held.add(ownerOf(node));
    for (const { node: producer } of Object.values(node?.inputs ?? {})) {
      const read = byName.get(producer);
      if (read?.def.kind === "model") held.add(ownerOf(read));
    }
  }
  const chosen = graph.nodes.filter((node) => needed.has(node.name));
  const ofKind = (...kinds: NodeDef["kind"][]): GraphNode[] => chosen.filter((node) => kinds.includes(node.def.kind));
  const optimizers = phase.run.flatMap((name) => ofKind("optimizer").filter((node) => node.name === name));
  const reached = reachedBy(chosen, optimizers);
  const device = ofKind("map", "model");
  const [sources, hosts] = [ofKind("source"), ofKind("reducer", "sink")];
  return {
    phase,
    sources,
    fixed: device.filter((node) => !reached.has(node.name)),
    trained: device.filter((node) => reached.has(node.name)),
    optimizers,
    hosts,
    models: graph.nodes.filter((node) => held.has(node.name)),
    stages: planStages({ sources, device, optimizers, hosts, logged: phase.log ?? [] }),
  };
}

/** Samples per step, where a source says. */
export function batchOf(plan: PhasePlan | undefined): number | undefined {
  return plan?.sources.map((node) => node.dims["B"]).find((size) => size !== undefined);
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
