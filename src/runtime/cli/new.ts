import { scaffold } from "../scaffold/scaffold.js";
import type { ScaffoldKind } from "../scaffold/scaffold.js";
import { exitCodes } from "./exit-codes.js";
import { reportProblems } from "./report-problems.js";

/** `graph new`: writes the files of a new node, graph or plugin into the current directory; gives the exit code. */
export async function newVerb(kind: ScaffoldKind, name: string): Promise<number> {
  try {
    const { files, next } = await scaffold(kind, name, process.cwd());
    const written = Object.keys(files).map((file) => `wrote ${file}`);
    process.stdout.write(`${[...written, "", "next:", ...next.map((command) => `  ${command}`)].join("\n")}\n`);
    return exitCodes.ok;
  } catch (error) {
    return reportProblems(error);
  }
}
