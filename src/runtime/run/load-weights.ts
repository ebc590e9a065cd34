import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { GraphNode } from "../../core/graph.js";
import type { HostArray } from "../../core/tensor.js";
import { readSafetensors, readSafetensorsHeader } from "../../nodes/files/safetensors.js";
import { messageOf } from "./failure.js";
import { matchWeights } from "./match-weights.js";

/** Compares the names and shapes in a model's weights file with what the model declares, without reading contents. */
export async function checkWeights(node: GraphNode): Promise<void> {
  await pairWeights(node);
}

/** A model's arrays from the file that its `weights` param names, by weight name; empty where it names none. */
export async function loadWeights(node: GraphNode): Promise<ReadonlyMap<string, HostArray>> {
  const found = await pairWeights(node);
  if (!found) return new Map();
  const arrays = await readSafetensors(found.file, [...found.pairs.values()]);
  return new Map(
    [...found.pairs].map(([name, key]) => {
      const array = arrays.get(key);
      if (!array) throw new Error(`${found.file}: "${key}" vanished while reading`);
      return [name, array];
    }),
  );
}

async function pairWeights(node: GraphNode): Promise<{ file: string; pairs: ReadonlyMap<string, string> } | undefined> {
  const given = node.params["weights"];
  if (node.def.kind !== "model" || typeof given !== "string") return undefined;
  const { def } = node;
  const file = await weightsFile(given);
  const header = await readSafetensorsHeader(file);
  try {
    return {
      file,
      pairs: matchWeights(def.weights(node.params, node.dims), header.tensors, (key) => (def.key ? def.key(key) : key)),
    };
  } catch (error) {
    throw new Error(`${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** The weights file that a path means: a file itself; of a checkpoint the averaged weights, else the trained ones; of a run its latest checkpoint. */
export async function weightsFile(path: string): Promise<string> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry) throw new Error(`${path}: no such file or folder; expected ${kinds}, its path counted from the graph file`);
  if (entry.isFile()) return path;
  const names = await readdir(path);
  const file = ["ema.safetensors", "model.safetensors"].find((name) => names.includes(name));
  if (file) return join(path, file);
  if (names.includes("latest")) return weightsFile(join(path, (await readFile(join(path, "latest"), "utf8")).trim()));
  if (names.includes("checkpoints")) return weightsFile(join(path, "checkpoints"));
  throw new Error(`${path} holds no weights: expected ${kinds}`);
}

const kinds = "a safetensors file, a checkpoint folder or a run folder";
