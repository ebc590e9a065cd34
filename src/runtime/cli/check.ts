import type { Graph } from "../../core/graph.js";
import { loadGraph } from "../load-graph.js";
import { summarize } from "../summary.js";
import type { Summary } from "../summary.js";
import { exitCodes } from "./exit-codes.js";
import { graphOptions } from "./graph-flags.js";
import type { GraphFlags } from "./graph-flags.js";
import { reportProblems } from "./report-problems.js";
import { grouped, mebibytes, metric, table } from "../text.js";

/** Flags of `graph check`, as the command line gives them. */
export interface CheckFlags extends GraphFlags {
  readonly json?: boolean;
  readonly backend?: string;
}

/** What the graph's tensors were held against. */
interface DeviceCheck {
  readonly backend: string;
  /** Null where memory alone is the limit. */
  readonly tensor_bytes: number | null;
  readonly limits_of: string | null;
  readonly largest: {
    readonly node: string;
    readonly what: string;
    readonly shape: readonly number[];
    readonly bytes: number;
  } | null;
}

/** `graph check`: prints edges with their types, parameters, operations and memory; exit code 2 on any mistake. */
export async function checkVerb(file: string, overrides: readonly string[], options: CheckFlags): Promise<number> {
  try {
    const graph = await loadGraph(file, graphOptions(overrides, options));
    const device = options.backend === undefined ? undefined : await checkDevice(graph, options.backend);
    const summary = summarize(graph);
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ ...asJson(graph, summary), ...(device ? { device } : {}) }, undefined, 2)}\n`
        : `${asText(graph, summary, device)}\n`,
    );
    return exitCodes.ok;
  } catch (error) {
    return reportProblems(error, options);
  }
}

/** Loads the backend for its limits alone. Throws a GraphError where a tensor is too large. */
async function checkDevice(graph: Graph, id: string): Promise<DeviceCheck> {
  const [{ backendsOf }, { chooseBackend, namedBackend }, { checkLimits }] = await Promise.all([
    import("../plugins/backends-of.js"),
    import("../choose-backend.js"),
    import("../check-limits.js"),
  ]);
  const all = backendsOf(graph);
  const backend = id === "auto" ? (await chooseBackend(all, id)).backend : namedBackend(all, id);
  const found = await checkLimits(graph, backend);
  if (!found) return { backend: backend.id, tensor_bytes: null, limits_of: null, largest: null };
  const { limits, largest } = found;
  const most = largest && { node: largest.node.name, what: largest.what, shape: largest.shape, bytes: largest.bytes };
  return { backend: backend.id, tensor_bytes: limits.tensorBytes, limits_of: limits.of, largest: most ?? null };
}

function deviceText({ backend, tensor_bytes: most, limits_of: of, largest }: DeviceCheck): string {
  if (most === null) return `\ndevice: ${backend} has no limit but memory`;
  const whose = largest
    ? `the largest, ${largest.what} of "${largest.node}" [${largest.shape.join()}], takes ${mebibytes(largest.bytes)}`
    : "";
  return `\ndevice: ${backend} holds up to ${mebibytes(most)} in one tensor (${of}); ${whose}`;
}

function asText(graph: Graph, summary: Summary, device?: DeviceCheck): string {
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
    ...(device ? [deviceText(device)] : []),
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
