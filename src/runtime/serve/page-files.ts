import { readdir, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import type { Graph } from "../../core/graph.js";
import { UsageError } from "../usage-error.js";

/** What a page may fetch: the graph and the files by their paths in the page, which begin with `/`. */
export interface PageFiles {
  readonly graph: string;
  readonly files: ReadonlyMap<string, { readonly path: string; readonly bytes: number }>;
}

/** Most files of one page. */
const most = 50_000;

/** Folders that hold no data of a graph. */
const skipped = new Set(["node_modules", "runs"]);

/**
 * The files of a graph: its own texts, what its nodes read, and for `around` all that lies in the graph's folder, so that an edited
 * graph finds more. `texts` are the files that were read for it. Throws a UsageError where there are too many.
 */
export async function pageFiles(
  file: string,
  texts: Iterable<string>,
  graph: Graph | undefined,
  around: boolean,
): Promise<PageFiles> {
  const found = new Map<string, number>();
  const named = [file, ...[...texts].filter(isAbsolute), ...(graph ? readBy(graph) : [])];
  for (const path of named) await gather(path, found);
  if (around) await gather(dirname(file), found, most);
  const base = commonFolder([...found.keys()]);
  const inPage = (path: string): string => `/${relative(base, path).split(sep).join("/")}`;
  return {
    graph: inPage(file),
    files: new Map([...found].sort().map(([path, bytes]) => [inPage(path), { path, bytes }])),
  };
}

/** The list that the page loads first. */
export function fileListText({ graph, files }: PageFiles): string {
  return JSON.stringify({ graph, files: Object.fromEntries([...files].map(([path, { bytes }]) => [path, bytes])) });
}

/** Paths that nodes read; those of sinks and reducers are written. */
function readBy({ nodes }: Graph): string[] {
  const readers = nodes.filter(({ def }) => def.kind !== "sink" && def.kind !== "reducer");
  return readers.flatMap(({ params }) =>
    Object.values(params).filter((value): value is string => typeof value === "string" && isAbsolute(value)),
  );
}

/** Adds a file, or all files below a folder, with their sizes; at the limit `enough` it stops quietly. */
async function gather(path: string, found: Map<string, number>, enough = Infinity): Promise<void> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry) return;
  if (entry.isFile()) found.set(path, entry.size);
  else
    for (const name of await readdir(path)) {
      if (found.size >= enough) return;
      if (!name.startsWith(".") && !skipped.has(name)) await gather(join(path, name), found, enough);
    }
  if (found.size > most)
    throw new UsageError(
      `${path}: more than ${most} files; a page loads them one by one, so put the data into one IDX or safetensors file`,
    );
}

/** The deepest folder that holds all of them. */
function commonFolder(paths: readonly string[]): string {
  let [common = sep] = paths.map(dirname);
  for (const path of paths) while (!`${path}`.startsWith(common.endsWith(sep) ? common : common + sep)) common = dirname(common);
  return common;
}
