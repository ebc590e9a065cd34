import type { Graph, GraphNode } from "../core/graph.js";
import { countWeights } from "../nodes/parts/weight-specs.js";
import { planPhase, stepsOf } from "./run/plan.js";
import type { TrainingPart } from "./run/plan-stages.js";

/** What a checked graph will cost. */
export interface Summary {
  readonly nodes: readonly NodeSummary[];
  readonly phases: readonly PhaseSummary[];
}

export interface NodeSummary {
  readonly name: string;
  readonly type: string;
  readonly trainable: number;
  readonly total: number;
  /** Operations of one forward pass of one batch. */
  readonly flops: number;
  readonly summary?: string;
}

export interface PhaseSummary {
  readonly name: string;
  readonly steps: number | undefined;
  /** Trainable parameters of the models that it trains. */
  readonly parameters: number;
  /** Operations of one step when all nodes take part; what an optimizer trains through counts three times its forward pass. */
  readonly flops: number;
  /** Estimated bytes: weights, gradients, moments, averages, and what the backward pass keeps. */
  readonly bytes: number;
}

/** Parameters, operations and memory of a graph, from its sizes alone. */
export function summarize(graph: Graph): Summary {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const nodes = new Map(graph.nodes.map((node) => [node.name, summarizeNode(node, byName)]));
  const of = (node: GraphNode): NodeSummary => nodes.get(node.name) ?? summarizeNode(node, byName);
  const phases = graph.phases.map((phase): PhaseSummary => {
    const plan = planPhase(graph, phase);
    const training = plan.optimizers.length > 0;
    const forward = (list: readonly GraphNode[]): number => list.reduce((sum, node) => sum + of(node).flops, 0);
    const [last] = plan.stages.slice(-1);
    const update = ({ before, taped }: TrainingPart): number => forward(before) + 3 * forward(taped);
    const flops =
      forward(last?.fixed ?? []) +
      (last?.parts ?? []).reduce((sum, part) => {
        const { updates = 1 } = part.optimizer;
        return sum + updates * update(part) + (updates - 1) * forward(part.redrawn);
      }, 0);
    const trains = new Set(plan.optimizers.map((node) => node.inputs["trains"]?.node));
    const weights = plan.models.reduce(
      (sum, node) => sum + of(node).total + (trains.has(node.name) ? 4 * of(node).trainable : 0),
      0,
    );
    const saved = plan.trained.reduce((sum, node) => sum + (node.def.activations?.(node.params, node.dims) ?? 0), 0);
    const parts = Math.min(...plan.optimizers.map(({ params }) => Number(params["accumulate"] ?? 1)));
    const parameters = plan.models.reduce((sum, node) => sum + (trains.has(node.name) ? of(node).trainable : 0), 0);
    const bytes = 4 * (weights + (training ? saved / parts : 0));
    return { name: phase.name, steps: stepsOf(phase, plan), parameters, flops, bytes };
  });
  return { nodes: [...nodes.values()], phases };
}

function summarizeNode(node: GraphNode, byName: ReadonlyMap<string, GraphNode>): NodeSummary {
  const { def, params, dims, name } = node;
  const specs = def.kind === "model" && !node.again ? def.weights(params, dims) : [];
  const base = {
    name,
    type: def.type,
    trainable: countWeights(specs, "trainable"),
    total: countWeights(specs),
    flops: (def.flops?.(params, dims) ?? 0) + modelFlops(node, byName),
  };
  return node.summary === undefined ? base : { ...base, summary: node.summary };
}

/** Operations of a model that a node asks, as a sampler does, at the node's batch size. */
function modelFlops(node: GraphNode, byName: ReadonlyMap<string, GraphNode>): number {
  const { def, params, dims, inputs } = node;
  const asked = def.kind === "map" && def.evaluations ? byName.get(inputs["model"]?.node ?? "") : undefined;
  if (def.kind !== "map" || !def.evaluations || !asked) return 0;
  return def.evaluations(params) * (asked.def.flops?.(asked.params, { ...asked.dims, B: dims["B"] ?? 1 }) ?? 0);
}
