import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { loadGraph } from "../load-graph.js";
import { builtPage } from "../serve/built-page.js";
import { fileListText, pageFiles } from "../serve/page-files.js";
import { metric } from "../text.js";
import { UsageError } from "../usage-error.js";
import { exitCodes } from "./exit-codes.js";
import { reportProblems } from "./report-problems.js";

/** `graph build-web`: the page and a graph's files as a folder that any web server can offer; gives the exit code. */
export async function buildWebVerb(file: string, { out }: { readonly out: string }): Promise<number> {
  try {
    const graph = await loadGraph(file);
    const page = builtPage();
    const list = await pageFiles(graph.file, graph.sources.keys(), graph, false);
    const folder = resolve(out);
    const inside = await readdir(folder).catch((): string[] => []);
    if (inside.length > 0 && !inside.includes("files.json"))
      throw new UsageError(`${out} holds other files; name a new folder, or one that \`graph build-web\` made`);
    await cp(page, folder, { recursive: true });
    for (const [path, source] of list.files) {
      const target = join(folder, "files", path);
      await mkdir(dirname(target), { recursive: true });
      await cp(source.path, target);
    }
    await writeFile(join(folder, "files.json"), fileListText(list));
    const bytes = [...list.files.values()].reduce((sum, source) => sum + source.bytes, 0);
    process.stdout.write(`${out}: the page and ${list.files.size} files of the graph, ${metric(bytes)}B\n`);
    return exitCodes.ok;
  } catch (error) {
    return reportProblems(error);
  }
}
