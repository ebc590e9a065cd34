import { writeFile } from "node:fs/promises";
import { graphSchema } from "../../core/language/graph-schema.js";
import { builtinNodes } from "../../nodes/index.js";
import { exitCodes } from "./exit-codes.js";
import { reportProblems } from "./report-problems.js";

/** `graph schema`: the JSON Schema of graph files with the installed node types, printed or written to a file. */
export async function schemaVerb(options: { out?: string }): Promise<number> {
  const text = `${JSON.stringify(graphSchema(builtinNodes), undefined, 2)}\n`;
  try {
    if (options.out === undefined) process.stdout.write(text);
    else {
      await writeFile(options.out, text);
      process.stderr.write(`first line of a graph, for editors: # yaml-language-server: $schema=${options.out}\n`);
    }
    return exitCodes.ok;
  } catch (error) {
    return reportProblems(error);
  }
}
