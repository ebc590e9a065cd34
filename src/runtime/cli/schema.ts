import { writeFile } from "node:fs/promises";
import { graphSchema } from "../../core/language/graph-schema.js";
import { builtinNodes } from "../../nodes/index.js";
import { readPlugins } from "../plugins/read-plugins.js";
import { exitCodes } from "./exit-codes.js";
import { reportProblems } from "./report-problems.js";

/** Flags of `graph schema`. */
export interface SchemaFlags {
  readonly out?: string;
  readonly plugin?: readonly string[];
}

/** `graph schema`: the JSON Schema of graph files with the installed node types, printed or written to a file. */
export async function schemaVerb({ out, plugin = [] }: SchemaFlags): Promise<number> {
  try {
    const plugins = await readPlugins(plugin);
    const schema = graphSchema([...builtinNodes, ...plugins.flatMap(({ nodes }) => nodes)]);
    const text = `${JSON.stringify(schema, undefined, 2)}\n`;
    if (out === undefined) process.stdout.write(text);
    else {
      await writeFile(out, text);
      process.stderr.write(`first line of a graph, for editors: # yaml-language-server: $schema=${out}\n`);
    }
    return exitCodes.ok;
  } catch (error) {
    return reportProblems(error);
  }
}
