import type { ComputeBackend } from "../core/define-backend.js";
import type { Graph } from "../core/graph.js";
import { checkGraph } from "../core/language/check-graph.js";
import { locate } from "../core/language/format-problem.js";
import { GraphError } from "../core/problem.js";
import type { Problem } from "../core/problem.js";
import { checkLimits } from "../runtime/check-limits.js";
import { builtinNodes, nodeRegistry } from "../nodes/index.js";
import { checkWeights } from "../runtime/run/load-weights.js";
import { dirname, resolve } from "./host/path.js";
import { readFile } from "./host/fs-promises.js";
import type { Mistake } from "./messages.js";

/** A graph, or what is wrong with its files; and the texts that were read. */
export interface Checked {
  readonly graph?: Graph;
  readonly mistakes: readonly Mistake[];
  readonly sources: ReadonlyMap<string, string>;
}

/** Checks the graph file as `graph check --backend` does, over the page's files. */
export async function checkInPage(file: string, backend: ComputeBackend | undefined): Promise<Checked> {
  try {
    const graph = await checkGraph({
      file,
      registry: nodeRegistry(builtinNodes),
      read: (path) => readFile(path, "utf8"),
      resolve: (from, path) => resolve(dirname(from), path),
      overridesFrom: "/overrides",
      inspect: checkWeights,
    });
    if (backend) await checkLimits(graph, backend);
    return { graph, mistakes: [], sources: graph.sources };
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    return { mistakes: error.problems.map((problem) => mistakeOf(problem, error.sources)), sources: error.sources };
  }
}

function mistakeOf({ code, message, cure, at }: Problem, sources: ReadonlyMap<string, string>): Mistake {
  const text = at && sources.get(at.file);
  return {
    code,
    message,
    ...(cure === undefined ? {} : { cure }),
    ...(at ? { file: at.file, start: at.start, end: at.end } : {}),
    ...(at && text !== undefined ? { line: locate(text, at.start).line } : {}),
  };
}
