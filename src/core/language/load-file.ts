import type { Span } from "../problem.js";
import { parseGraphFile } from "./parse.js";
import type { Problems } from "./problems.js";
import type { Table } from "./value.js";
import { messageOf, quote } from "./words.js";

/** Reads graph files, each once however often it is included. */
export interface FileLoader {
  /** The map of a file; undefined with the problem reported. `at` is what asked for it, absent for the graph itself. */
  load(file: string, written: string, at?: Span): Promise<Table | undefined>;
}

/** A loader that keeps every text it read in `sources`. */
export function createFileLoader(
  read: (path: string) => Promise<string>,
  sources: Map<string, string>,
  problems: Problems,
): FileLoader {
  const files = new Map<string, Table | undefined>();
  return {
    async load(file, written, at) {
      if (files.has(file)) return files.get(file);
      try {
        sources.set(file, await read(file));
      } catch (error) {
        problems.add("G401", `cannot read ${quote(written)}: ${messageOf(error)}`, at, {
          cure: at
            ? "paths count from the file that names them"
            : "give the path of a graph file, counted from the current folder",
        });
        return undefined;
      }
      const table = parseGraphFile(sources.get(file) ?? "", file, problems);
      files.set(file, table);
      return table;
    },
  };
}
