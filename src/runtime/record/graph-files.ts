import { dirname, join, relative, sep } from "node:path";
import type { Graph } from "../../core/graph.js";
import { overrideFile } from "../../core/language/override-text.js";
import { writeAtomic } from "../../nodes/files/write-atomic.js";

/** Writes the graph as given into a new run folder: graph.yaml, what it includes under src/, and overrides.txt. */
export async function writeGraphFiles(run: string, graph: Graph): Promise<void> {
  const included = [...graph.sources].filter(([file]) => file !== graph.file && file !== overrideFile);
  const overrides = graph.sources.get(overrideFile) ?? "";
  await Promise.all([
    writeText(join(run, "graph.yaml"), graph.sources.get(graph.file) ?? ""),
    ...included.map(([file, text]) => writeText(join(run, "src", inside(dirname(graph.file), file)), text)),
    writeText(join(run, "overrides.txt"), overrides === "" ? "" : `${overrides}\n`),
  ]);
}

/** Writes resolved.yaml: what really runs. */
export async function writeResolved(run: string, graph: Graph): Promise<void> {
  await writeText(join(run, "resolved.yaml"), graph.resolved);
}

/** A path below `src/` for a file that may lie above the graph's folder. */
function inside(folder: string, file: string): string {
  return relative(folder, file)
    .split(sep)
    .map((part) => (part === ".." ? "up" : part.replace(/:$/, "")))
    .join(sep);
}

async function writeText(file: string, text: string): Promise<void> {
  await writeAtomic(file, [new TextEncoder().encode(text)]);
}
