import { readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, extname } from "node:path";
import { importConfig } from "../import/import-config.js";
import { locateFile } from "../import/locate-file.js";
import type { Remark } from "../import/read-config.js";
import { messageOf } from "../run/failure.js";
import { UsageError } from "../usage-error.js";
import { exitCodes } from "./exit-codes.js";
import { reportProblems } from "./report-problems.js";

/** Flags of `graph import`. */
export interface ImportFlags {
  readonly out?: string;
  readonly data: string;
  readonly images: number;
  readonly json?: boolean;
}

/** `graph import`: a config of the reference as a graph, and what of it has no counterpart; gives the exit code. */
export async function importVerb(file: string, flags: ImportFlags): Promise<number> {
  try {
    const text = await readFile(file, "utf8").catch((error: unknown) => {
      throw new UsageError(`${file}: ${messageOf(error)}`);
    });
    if (flags.out !== undefined && (await stat(flags.out).catch(() => undefined)))
      throw new UsageError(`${flags.out} is there already; choose another name, or move it away`);
    const lost = new Set<string>();
    const places = {
      config: file,
      graph: flags.out === undefined ? "." : dirname(flags.out),
      lost: (path: string) => void lost.add(path),
    };
    const { graph, remarks } = importConfig(text, {
      name: basename(file, extname(file)).replace(/[^\w-]+/g, "-"),
      file,
      data: flags.data,
      images: flags.images,
      locate: (path) => locateFile(path, places),
    });
    if (flags.json) process.stdout.write(`${JSON.stringify({ graph: graph ?? null, remarks, lost: [...lost] }, undefined, 2)}\n`);
    else
      process.stderr.write(
        [...remarks.map(asLine), ...[...lost].map((path) => `note: ${path} is not here; graph check will ask for it\n`)].join(""),
      );
    if (graph === undefined) return exitCodes.usage;
    if (flags.out !== undefined) await writeFile(flags.out, graph);
    else if (!flags.json) process.stdout.write(graph);
    return exitCodes.ok;
  } catch (error) {
    return reportProblems(error, flags);
  }
}

const titles = { error: "error", missing: "not taken over", note: "note" } as const;

function asLine({ place, kind, key, value, says }: Remark): string {
  return `${place} ${titles[kind]}: ${key}: ${JSON.stringify(value)}: ${says}\n`;
}
