import { loadGraph } from "../load-graph.js";
import { exitCodes } from "./exit-codes.js";
import { graphOptions } from "./graph-flags.js";
import type { GraphFlags } from "./graph-flags.js";
import { reportProblems } from "./report-problems.js";

/** `graph print`: the graph after includes, variables, overrides and defaults, as YAML; gives the exit code. */
export async function printVerb(
  file: string,
  overrides: readonly string[],
  options: { json?: boolean } & GraphFlags,
): Promise<number> {
  try {
    const { name, seed, nodes, edges, phases, resolved } = await loadGraph(file, graphOptions(overrides, options));
    const plain = nodes.map((node) => ({
      name: node.name,
      type: node.def.type,
      params: node.params,
      in: node.inputs,
      sizes: node.dims,
    }));
    process.stdout.write(
      options.json ? `${JSON.stringify({ name, seed, nodes: plain, edges, phases }, undefined, 2)}\n` : resolved,
    );
    return exitCodes.ok;
  } catch (error) {
    return reportProblems(error, options);
  }
}
