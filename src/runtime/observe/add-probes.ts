import type { SinkNode } from "../../core/define-node.js";
import type { Graph, GraphNode, PortRef } from "../../core/graph.js";
import { planPhase } from "../run/plan.js";

/** A sink to put on an edge; its one input is `value`. */
export interface Probe {
  readonly edge: PortRef;
  /** Name of the node, such as no graph file can give. */
  readonly name: string;
  readonly def: SinkNode;
}

/** The graph with a sink more on each of these edges, in every phase in which the edge's node runs. */
export function addProbes(graph: Graph, probes: readonly Probe[]): Graph {
  if (probes.length === 0) return graph;
  const nodes = probes.map(({ edge, name, def }): GraphNode => {
    const at = graph.nodes.find((node) => node.name === edge.node)?.at ?? { file: graph.file, start: 0, end: 0 };
    return { name, def, params: {}, inputs: { value: edge }, dims: {}, at };
  });
  const phases = graph.phases.map((phase) => {
    const { sources, fixed, trained } = planPhase(graph, phase);
    const running = new Set([...sources, ...fixed, ...trained].map(({ name }) => name));
    return { ...phase, run: [...phase.run, ...probes.filter(({ edge }) => running.has(edge.node)).map(({ name }) => name)] };
  });
  return { ...graph, nodes: [...graph.nodes, ...nodes], phases };
}
