import type { Graph } from "../../core/graph.js";
import { loadGraph } from "../load-graph.js";
import { summarize } from "../summary.js";
import type { Summary } from "../summary.js";
import { exitCodes } from "./exit-codes.js";
import { graphOptions } from "./graph-flags.js";
import type { GraphFlags } from "./graph-flags.js";
import { reportProblems } from "./report-problems.js";
import { grouped, metric, table } from "../text.js";

/** `graph check`: prints edges with their types, parameters, operations and memory; exit code 2 on any mistake. */
export async function checkVerb(
  file: string,
  overrides: readonly string[],
  options: { json?: boolean } & GraphFlags,
): Promise<number> {
  try {
    const graph = await loadGraph(file, graphOptions(overrides, options));
    const summary = summarize(graph);
    process.stdout.write(
      options.json ? `${JSON.stringify(asJson(graph, summary), undefined, 2)}\n` : `${asText(graph, summary)}\n`,
    );
    return exitCodes.ok;
  } catch (error) {
    return reportProblems(error, options);
  }
}

function asText(graph: Graph, summary: Summary): string {
  const edges = graph.edges.map(({ from, to, type }) => [refText(from), "->", `${to.node}.${to.port}`, type]);
  const nodes = summary.nodes.map((node) => [
    node.name,
    node.type,
    node.total > 0 ? `${grouped(node.trainable)} / ${grouped(node.total)}` : "",
    node.flops > 0 ? `${metric(node.flops)}FLOP` : "",
    node.summary ?? "",
  ]);
  const phases = summary.phases.map((phase) => [
    phase.name,
    phase.steps === undefined ? "until the data ends" : `${grouped(phase.steps)} steps`,
    `${metric(phase.flops)}FLOP a step`,
    `about ${metric(phase.bytes)}B`,
  ]);
  return [
    `${graph.name}: ${graph.nodes.length} nodes, ${graph.edges.length} edges, ${graph.phases.length} phases, seed ${graph.seed}`,
    `\nedges\n${table(edges)}`,
    `\nnodes (parameters: trainable / total; operations of one forward pass)\n${table(nodes, [2, 3])}`,
    `\nphases (memory: weights, gradients, moments, averages, kept activations)\n${table(phases, [1, 2, 3])}`,
    "\nno mistakes found",
  ].join("\n");
}

function asJson(graph: Graph, summary: Summary): object {
  return {
    name: graph.name,
    seed: graph.seed,
    edges: graph.edges.map(({ from, to, type }) => ({ from: refText(from), to: `${to.node}.${to.port}`, type })),
    ...summary,
  };
}

function refText(ref: Graph["edges"][number]["from"]): string {
  return `${ref.node}.${ref.port}${ref.variant ? `@${ref.variant}` : ""}`;
}
