import { relative } from "node:path";
import type { Graph } from "../../core/graph.js";
import { locate } from "../../core/language/format-problem.js";
import type { Origin } from "../../core/language/origins.js";
import { overrideFile } from "../../core/language/override-text.js";
import type { Span } from "../../core/problem.js";
import { traceGraphFile } from "../load-graph.js";
import { exitCodes } from "./exit-codes.js";
import { graphOptions } from "./graph-flags.js";
import type { GraphFlags } from "./graph-flags.js";
import { reportProblems } from "./report-problems.js";

/** Flags of `graph print`. */
export interface PrintFlags extends GraphFlags {
  readonly json?: boolean;
  readonly origin?: boolean;
}

/** `graph print`: the graph after includes, variables, overrides and defaults, as YAML; gives the exit code. */
export async function printVerb(file: string, overrides: readonly string[], flags: PrintFlags): Promise<number> {
  try {
    const { graph, traced } = await traceGraphFile(file, graphOptions(overrides, flags));
    if (flags.json) process.stdout.write(`${JSON.stringify(asJson(graph), undefined, 2)}\n`);
    else process.stdout.write(flags.origin ? traced((origin) => tell(origin, graph)) : graph.resolved);
    return exitCodes.ok;
  } catch (error) {
    return reportProblems(error, flags);
  }
}

function asJson({ name, seed, nodes, edges, phases, resolved }: Graph): object {
  const plain = nodes.map((node) => ({
    name: node.name,
    type: node.def.type,
    params: node.params,
    in: node.inputs,
    sizes: node.dims,
  }));
  return { name, seed, nodes: plain, edges, phases, resolved };
}

/** `graphs/x.yaml:9:15`, with the variable's own place where one brought the value. */
function tell(origin: Origin | undefined, graph: Graph): string {
  if (!origin) return "default";
  return origin.from ? `${placeOf(origin.at, graph)} from ${placeOf(origin.from, graph)}` : placeOf(origin.at, graph);
}

function placeOf({ file, start }: Span, graph: Graph): string {
  const text = graph.sources.get(file) ?? "";
  const { line, col } = locate(text, start);
  // The overrides' common text has one a line.
  if (file === overrideFile) return `override ${text.split("\n")[line - 1] ?? ""}`;
  const near = relative(process.cwd(), file);
  return `${near.startsWith("..") ? file : near}:${line}:${col}`;
}
