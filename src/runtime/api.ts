import type { Graph } from "../core/graph.js";
import type { RunOptions } from "./run-options.js";
import type { RunResult } from "./run/run-graph.js";

export { checkGraphFile as checkGraph, loadGraph } from "./load-graph.js";
export type { CheckedGraph, LoadOptions } from "./load-graph.js";
export type { Part } from "./partial.js";
export type { RunOptions } from "./run-options.js";
export type { RunResult } from "./run/run-graph.js";

/**
 * Runs a checked graph and records it in a run folder. Throws a UsageError before anything is written where it cannot run, and a
 * RunFailure (node, place, step, cause) where it fails; a stop through `signal` gives the state `interrupted`.
 */
export async function runGraph(graph: Graph, options: RunOptions = {}): Promise<RunResult> {
  const { runContainer } = await import("./container.js");
  const { runInContainer } = await import("./run-in-container.js");
  return runInContainer(runContainer(graph, options));
}
