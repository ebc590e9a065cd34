import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { NodeDef } from "../core/define-node.js";
import type { Graph } from "../core/graph.js";
import { traceGraph } from "../core/language/check-graph.js";
import type { TracedGraph } from "../core/language/check-graph.js";
import { overrideFile } from "../core/language/override-text.js";
import { GraphError } from "../core/problem.js";
import type { Problem } from "../core/problem.js";
import { builtinNodes, nodeRegistry } from "../nodes/index.js";
import { errorCode } from "./error-code.js";
import { isHubAddress } from "./hub/hub-address.js";
import { configAddress, hubFile } from "./hub/hub-file.js";
import type { Pull } from "./hub/hub-file.js";
import { loadPluginLate } from "./plugins/load-plugin-late.js";
import { messageOf } from "./run/failure.js";
import { checkWeights } from "./run/load-weights.js";

/** How to read a graph. */
export interface LoadOptions {
  /** As on the command line: `dit.depth=12`, `vars.batch=64`, `+nodes.x={…}`, `~nodes.x`. */
  readonly overrides?: readonly string[];
  /** Files as of `-f`: merged over the graph in order, before the overrides. */
  readonly overlays?: readonly string[];
  /** Plugins besides those that the graph names: paths from the current directory, or packages. */
  readonly plugins?: readonly string[];
  /** Node types besides the built-in ones. */
  readonly nodes?: readonly NodeDef[];
  /** Brings weights and configs that the graph names on the hub (hf://…) into the cache where they are not; without it that is a mistake. */
  readonly pull?: Pull;
}

/**
 * Reads and checks a graph file with everything that it includes, down to the headers of weight files; no tensor library is loaded.
 * Throws a GraphError with all mistakes.
 */
export async function loadGraph(file: string, options: LoadOptions = {}): Promise<Graph> {
  return (await traceGraphFile(file, options)).graph;
}

/** The same, and the resolved text with each value's origin. */
export async function traceGraphFile(file: string, options: LoadOptions = {}): Promise<TracedGraph> {
  const overrides = options.overrides ?? [];
  const { graph, traced } = await traceGraph({
    file: resolve(file),
    registry: nodeRegistry([...builtinNodes, ...(options.nodes ?? [])]),
    overrides,
    overlays: (options.overlays ?? []).map((overlay) => resolve(overlay)),
    plugins: options.plugins ?? [],
    loadPlugin: loadPluginLate,
    read: readText,
    readConfig: async (path) => readText(isHubAddress(path) ? await hubFile(configAddress(path), options.pull) : path),
    // What is no path is left as it is.
    resolve: (from, path) => (isHubAddress(path) ? path : resolve(dirname(from), path)),
    overridesFrom: join(process.cwd(), "overrides"),
    inspect: (node) => checkWeights(node, options.pull),
  });
  if (overrides.length === 0) return { graph, traced };
  // A run's folder keeps the overrides beside the files.
  return { graph: { ...graph, sources: new Map([...graph.sources, [overrideFile, overrides.join("\n")]]) }, traced };
}

/** A graph file's mistakes, all of them; the graph where there are none. */
export async function checkGraphFile(file: string, options: LoadOptions = {}): Promise<CheckedGraph> {
  try {
    return { graph: await loadGraph(file, options), problems: [] };
  } catch (error) {
    if (error instanceof GraphError) return { problems: error.problems };
    throw error;
  }
}

/** What `checkGraphFile` found. */
export interface CheckedGraph {
  readonly graph?: Graph;
  readonly problems: readonly Problem[];
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: "no such file",
      EISDIR: "it is a folder",
      EACCES: "no permission",
    };
    throw new Error(reasons[errorCode(error) ?? ""] ?? messageOf(error), { cause: error });
  }
}
