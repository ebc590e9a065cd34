import { basename, isAbsolute, join } from "node:path";
import { isRead, shapeOf } from "../core/language/schema.js";
import type { Graph, GraphNode, Phase } from "../core/graph.js";

/**
 * The same graph made short, to prove that its parts work together: two steps of each phase, one of each nested phase after every
 * step, one checkpoint at the end. Files that its nodes would write go to `folder` instead, and are read from there.
 */
export function smokeGraph(graph: Graph, folder: string): Graph {
  const written = new Set(graph.nodes.flatMap((node) => hostPaths(node).flatMap(({ path, read }) => (read ? [] : [path]))));
  return { ...graph, phases: graph.phases.map(shorten), nodes: graph.nodes.map((node) => redirect(node, folder, written)) };
}

function shorten(phase: Phase): Phase {
  if (phase.of !== undefined) return { ...phase, steps: 1, every: 1 };
  return { ...phase, steps: Math.min(2, phase.steps ?? 2), checkpoint: 0, keep: 1 };
}

/** A node that writes to `folder` instead, and reads from there what is `written` there. */
export function redirect(node: GraphNode, folder: string, written: ReadonlySet<string> = new Set()): GraphNode {
  const moved = hostPaths(node).filter(({ path, read }) => !read || written.has(path));
  const params = moved.map(({ name, path }) => [name, join(folder, basename(path))]);
  return { ...node, params: { ...node.params, ...Object.fromEntries(params) } };
}

/** Files of a reducer or sink: they name absolute paths only to write there, or to read where the param says so. */
function hostPaths({ def, params }: GraphNode): { name: string; path: string; read: boolean }[] {
  if (def.kind !== "reducer" && def.kind !== "sink") return [];
  const shape = shapeOf(def.params)?.shape ?? {};
  return Object.entries(params).flatMap(([name, path]) =>
    typeof path === "string" && isAbsolute(path) ? [{ name, path, read: shape[name] !== undefined && isRead(shape[name]) }] : [],
  );
}
