import { relative } from "node:path";
import type { Graph, GraphNode, Phase } from "../../core/graph.js";
import type { Reading } from "../../core/reading.js";
import { locate } from "../../core/language/format-problem.js";

/** An error and the node in which it arose. */
export class NodeFailure extends Error {
  override readonly name = "NodeFailure";
  constructor(
    readonly node: GraphNode,
    cause: unknown,
  ) {
    super(messageOf(cause), { cause });
  }
}

/** A failed run, told with node, place in the graph file, step and phase. Exit code 1. */
export class RunFailure extends Error {
  override readonly name = "RunFailure";
}

/** Thrown when the user asked to stop and everything was saved. Exit code 75. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Calls `action`; its error is blamed on the node, unless a node further inside is blamed already. */
export function blame<T>(node: GraphNode, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw blamed(node, error);
  }
}

/** The same for a computation that looks at numbers. */
export function* blameReading<T>(node: GraphNode, reading: Reading<T>): Reading<T> {
  try {
    return yield* reading;
  } catch (error) {
    throw blamed(node, error);
  }
}

/** The same for work that takes time. */
export async function blameAsync<T>(node: GraphNode, action: () => Promise<T> | T): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw blamed(node, error);
  }
}

/** An error as the user reads it: `node "dit" (graphs/x.yaml:12:5) failed at step 1203 of phase "train": cause`. */
export function tellFailure(graph: Graph, phase: Phase, step: number, error: unknown): Error {
  if (error instanceof RunFailure || error instanceof Interrupted) return error;
  const when = `at step ${step} of phase "${phase.name}"`;
  const where = error instanceof NodeFailure ? `node "${error.node.name}" (${placeOf(graph, error.node)})` : "the run";
  return new RunFailure(`${where} failed ${when}: ${messageOf(error)}`, { cause: error });
}

/** Where a node stands: `graphs/x.yaml:12:5`, relative to the current directory. */
export function placeOf(graph: Graph, node: GraphNode): string {
  const { file, start } = node.at;
  const near = relative(process.cwd(), file);
  const name = near.startsWith("..") ? file : near;
  const text = graph.sources.get(file);
  if (text === undefined) return name;
  const { line, col } = locate(text, start);
  return `${name}:${line}:${col}`;
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return typeof error === "object" && error !== null && "message" in error ? String(error.message) : String(error);
}

function blamed(node: GraphNode, error: unknown): Error {
  return error instanceof NodeFailure || error instanceof Interrupted ? error : new NodeFailure(node, error);
}
