import type { Origin } from "../../core/define-node.js";
import type { Graph, GraphNode } from "../../core/graph.js";
import { inputFiles } from "./input-files.js";

/** The sources and models from which a node's inputs come, in the graph's order, with the files that they read, hashed whole. */
export async function originsOf(graph: Graph, name: string): Promise<Origin[]> {
  const before = upstream(graph, name);
  const nodes = graph.nodes.filter((node) => before.has(node.name) && ["source", "model"].includes(node.def.kind));
  const files = await inputFiles({ nodes }, Infinity);
  return nodes.flatMap((node): Origin[] => {
    const base = { node: node.name, type: node.def.type, ...(node.summary === undefined ? {} : { summary: node.summary }) };
    const own = files.filter((file) => file.node === node.name);
    if (own.length === 0) return [{ ...base, ...folderOf(node) }];
    return own.map(({ file, sha256 }) => ({ ...base, file, ...(sha256 === undefined ? {} : { sha256 }) }));
  });
}

function folderOf({ params }: GraphNode): { file?: string } {
  const { folder } = params;
  return typeof folder === "string" ? { file: folder } : {};
}

function upstream(graph: Graph, name: string): ReadonlySet<string> {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const found = new Set<string>();
  const visit = (from: string): void => {
    for (const ref of Object.values(byName.get(from)?.inputs ?? {}))
      if (!found.has(ref.node)) {
        found.add(ref.node);
        visit(ref.node);
      }
  };
  visit(name);
  return found;
}
