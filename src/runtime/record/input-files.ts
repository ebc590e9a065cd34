import { stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import type { Graph } from "../../core/graph.js";
import { isHubAddress } from "../hub/hub-address.js";
import { weightsFile } from "../run/weights-file.js";
import { markFile } from "./checkpoint-files.js";

/** A file that a node reads. */
export interface InputFile {
  readonly node: string;
  readonly param: string;
  readonly file: string;
  readonly bytes: number;
  readonly modified: string;
  /** Left out of files too large to read twice. */
  readonly sha256?: string;
}

const hashedUpTo = 200 * 2 ** 20;

/** The files that a graph's nodes read, as they are now. */
export async function inputFiles({ nodes }: Pick<Graph, "nodes">, upTo: number = hashedUpTo): Promise<InputFile[]> {
  const found: InputFile[] = [];
  // Several nodes may read one file.
  const hashes = new Map<string, string>();
  const hashOf = async (file: string): Promise<string> => {
    const hash = hashes.get(file) ?? (await markFile(file)).sha256;
    hashes.set(file, hash);
    return hash;
  };
  for (const { name, def, params } of nodes) {
    if (def.kind === "sink" || def.kind === "reducer") continue;
    for (const [param, value] of Object.entries(params)) {
      if (typeof value !== "string" || !(isAbsolute(value) || isHubAddress(value))) continue;
      const file =
        param === "weights"
          ? await weightsFile(value).then(
              (found) => found.file,
              () => value,
            )
          : value;
      const entry = await stat(file).catch(() => undefined);
      if (!entry?.isFile()) continue;
      const base = { node: name, param, file, bytes: entry.size, modified: entry.mtime.toISOString() };
      found.push(entry.size > upTo ? base : { ...base, sha256: await hashOf(file) });
    }
  }
  return found;
}
