import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { refusalOf } from "../files/error-text.js";

/**
 * The files that paths mean: a file itself, of a folder its own files with one of the endings, in the order of their names. Throws an
 * Error where a path is missing or a folder has none. `what` names them, e.g. `tar archives`.
 */
export async function findFiles(paths: readonly string[], endings: readonly string[], what: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const entry = await stat(path).catch((error: unknown) => {
      throw new Error(`${path}: ${refusalOf(error)}; expected ${what}, the path counted from the graph file`);
    });
    if (!entry.isDirectory()) {
      found.push(path);
      continue;
    }
    const names = (await readdir(path)).filter((name) => endings.some((ending) => name.endsWith(ending)));
    if (names.length === 0) throw new Error(`${path}: no ${what} in it; expected ${endings.join(", ")} files`);
    found.push(...names.sort((a, b) => (a < b ? -1 : 1)).map((name) => join(path, name)));
  }
  return found;
}
