import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { graphSchema } from "../../core/language/graph-schema.js";
import { builtinNodes } from "../../nodes/index.js";
import { readPlugins } from "../plugins/read-plugins.js";
import { UsageError } from "../usage-error.js";
import { graphFiles, schemaFile } from "./graph-files.js";
import { nodeFiles } from "./node-files.js";
import { pluginFiles } from "./plugin-files.js";

/** What can be made from nothing. */
export const scaffoldKinds = ["node", "graph", "plugin"] as const;
export type ScaffoldKind = (typeof scaffoldKinds)[number];

/** New files as texts, by path relative to the current directory, and the commands to try next. */
export interface Scaffold {
  readonly files: Readonly<Record<string, string>>;
  readonly next: readonly string[];
}

const makers = { node: nodeFiles, graph: graphFiles, plugin: pluginFiles };

/**
 * Writes the files of a new node, graph or plugin below `folder`. Throws a UsageError, with nothing written, for a name that is none and
 * where a file is there already.
 */
export async function scaffold(kind: ScaffoldKind, name: string, folder: string): Promise<Scaffold> {
  const { graphs, ...made } = makers[kind](name, (from) => pathToPackage(join(folder, from)));
  for (const file of [...Object.keys(made.files), ...graphs.map((graph) => schemaFile(graph.file))])
    if (await stat(join(folder, file)).catch(() => undefined))
      throw new UsageError(`${file} is there already; choose another name, or move it away`);
  for (const [file, text] of Object.entries(made.files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  const schemas: Record<string, string> = {};
  for (const graph of graphs) {
    const file = schemaFile(graph.file);
    schemas[file] = await schemaText(graph.plugin === undefined ? [] : [join(folder, graph.plugin)]);
    await writeFile(join(folder, file), schemas[file]);
  }
  return { ...made, files: { ...made.files, ...schemas } };
}

/** What editors complete a graph with: the built-in node types and the plugin's. */
async function schemaText(plugins: readonly string[]): Promise<string> {
  const found = await readPlugins(plugins);
  const schema = graphSchema([...builtinNodes, ...found.flatMap(({ nodes }) => nodes)]);
  return `${JSON.stringify(schema, undefined, 1)}\n`;
}

/** The folder of this package as a graph in `from` writes it. */
function pathToPackage(from: string): string {
  return relative(from, fileURLToPath(new URL("../../../", import.meta.url)))
    .split(sep)
    .join("/");
}
