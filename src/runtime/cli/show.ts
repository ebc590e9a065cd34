import { writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { nearNames } from "../../core/near-names.js";
import { loadGraph } from "../load-graph.js";
import { asciiOf } from "../show/ascii.js";
import { dotOf } from "../show/dot.js";
import { htmlOf } from "../show/html.js";
import { mermaidOf } from "../show/mermaid.js";
import { pictureOf } from "../show/picture.js";
import { svgOf } from "../show/svg.js";
import { UsageError } from "../usage-error.js";
import { exitCodes } from "./exit-codes.js";
import { graphOptions } from "./graph-flags.js";
import type { GraphFlags } from "./graph-flags.js";
import { reportProblems } from "./report-problems.js";

/** The formats of `graph show`. */
export const showFormats = ["ascii", "svg", "dot", "mermaid", "html"] as const;

/** Flags of `graph show`. */
export interface ShowFlags extends GraphFlags {
  readonly format?: (typeof showFormats)[number];
  readonly out?: string;
  readonly phase?: readonly string[];
  readonly json?: boolean;
}

/** `graph show`: the picture of a graph with the types on its edges, printed or written to a file; gives the exit code. */
export async function showVerb(file: string, overrides: readonly string[], flags: ShowFlags): Promise<number> {
  try {
    const graph = await loadGraph(file, graphOptions(overrides, flags));
    const phases = graph.phases.map(({ name }) => name);
    const unknown = flags.phase?.find((name) => !phases.includes(name));
    if (unknown !== undefined) throw new UsageError(noPhase(unknown, phases));
    const picture = pictureOf(graph, flags.phase);
    const draw = {
      ascii: () => asciiOf(picture),
      svg: () => svgOf(picture),
      dot: () => dotOf(picture),
      mermaid: () => mermaidOf(picture),
      html: () => htmlOf(picture, graph),
    };
    const text = flags.json ? `${JSON.stringify(picture, undefined, 2)}\n` : draw[formatOf(flags)]();
    if (flags.out === undefined) process.stdout.write(text);
    else await writeFile(flags.out, text);
    return exitCodes.ok;
  } catch (error) {
    return reportProblems(error, flags);
  }
}

const endings: Readonly<Record<string, (typeof showFormats)[number]>> = {
  ".svg": "svg",
  ".dot": "dot",
  ".gv": "dot",
  ".mmd": "mermaid",
  ".html": "html",
  ".txt": "ascii",
};

/** The format asked for, else the one that the file's name ends in, else text. Throws a UsageError for an ending of no format. */
function formatOf({ format, out }: ShowFlags): (typeof showFormats)[number] {
  if (format) return format;
  if (out === undefined) return "ascii";
  const found = endings[extname(out)];
  if (found) return found;
  throw new UsageError(`${out} ends in none of ${Object.keys(endings).join(" ")}; say --format ${showFormats.join("|")}`);
}

function noPhase(name: string, phases: readonly string[]): string {
  const near = nearNames(name, phases).map((other) => `"${other}"`);
  return `the graph has no phase "${name}"; ${near.length > 0 ? `did you mean ${near.join(" or ")}? ` : ""}there are ${phases.join(", ")}`;
}
