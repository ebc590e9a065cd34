import { resolve } from "node:path";
import { GraphError } from "../../core/problem.js";
import { loadGraph } from "../load-graph.js";
import { pageFiles } from "./page-files.js";
import type { PageFiles } from "./page-files.js";

/** The files of a graph file as it is now, with what lies around it; one with mistakes is served too, for the page shows them. */
export async function readPageGraph(file: string): Promise<PageFiles> {
  try {
    const graph = await loadGraph(file);
    return await pageFiles(graph.file, graph.sources.keys(), graph, true);
  } catch (error) {
    // Where the graph file itself was not read, there is nothing to show.
    if (!(error instanceof GraphError) || error.sources.get(resolve(file)) === undefined) throw error;
    return pageFiles(resolve(file), error.sources.keys(), undefined, true);
  }
}
