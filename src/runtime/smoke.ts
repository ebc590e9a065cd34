import { basename, isAbsolute, join } from "node:path";
import type { Graph, GraphNode, Phase } from "../core/graph.js";

/**
 * The same graph made short, to prove that its parts work together: two steps of each phase, one of each nested phase after every
 * step, one checkpoint at the end. Files that its nodes would write go to `folder` instead.
 */
export function smokeGraph(graph: Graph, folder: string): Graph {
  return { ...graph, phases: graph.phases.map(shorten), nodes: graph.nodes.map((node) => redirect(node, folder)) };
}

function shorten(phase: Phase): Phase {
  if (phase.of !== undefined) return { ...phase, steps: 1, every: 1 };
  return { ...phase, steps: Math.min(2, phase.steps ?? 2), checkpoint: 0, keep: 1 };
}

/** A node that writes to `folder` instead: reducers and sinks name absolute paths only to write there. */
export function redirect(node: GraphNode, folder: string): GraphNode {
  if (node.def.kind !== "reducer" && node.def.kind !== "sink") return node;
  const params = Object.entries(node.params).map(([name, value]) => [
    name,
    typeof value === "string" && isAbsolute(value) ? join(folder, basename(value)) : value,
  ]);
  return { ...node, params: Object.fromEntries(params) as GraphNode["params"] };
}
