import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "./error-text.js";
import { readAt, withFile } from "./open-file.js";
import type { ArrayList, StoredArray } from "./stored-array.js";

/** Lists the arrays of one open file. */
type ListFile = (file: string, handle: FileHandle, bytes: number) => Promise<ArrayList>;

const largestIndex = 100_000_000;

/** True for the index of a sharded model: JSON whose name ends in `.json`. A safetensors file starts with its header's length. */
export function isShardIndex(file: string, first: Uint8Array): boolean {
  return file.endsWith(".json") && first[0] === 0x7b;
}

/**
 * The arrays of a sharded model, from its `….safetensors.index.json`: `{ weight_map: { key: shard file } }`, the shards beside it.
 * Throws an Error for a shard outside the index's folder and for keys that index and shards do not agree on.
 */
export async function readShardIndex(file: string, handle: FileHandle, bytes: number, listShard: ListFile): Promise<ArrayList> {
  if (bytes > largestIndex) throw new Error(`an index of ${bytes} bytes; at most ${largestIndex} are allowed`);
  const text = new Uint8Array(bytes);
  await readAt(handle, text, 0);
  const { map, metadata } = parseIndex(text);
  const shards = new Map<string, string[]>();
  for (const [key, shard] of map) {
    const keys = shards.get(shard);
    if (keys) keys.push(key);
    else shards.set(shard, [key]);
  }
  const tensors: StoredArray[] = [];
  let format = "";
  for (const [shard, keys] of shards) {
    const path = join(dirname(file), shard);
    const list = await withFile(path, "a shard that the index names", (own, size) => listShard(path, own, size));
    format = list.format;
    const found = new Map(list.tensors.map((array) => [array.name, array]));
    for (const key of keys) {
      const array = found.get(key);
      if (!array) throw new Error(`shard ${shard} lacks "${key}", which the index places there; download both again`);
      tensors.push(array);
    }
    const extra = list.tensors.find((array) => map.get(array.name) !== shard);
    if (extra) throw new Error(`shard ${shard} holds "${extra.name}", which the index does not place there; download both again`);
  }
  return { format: `${format} in ${shards.size} shards`, tensors, metadata };
}

function parseIndex(text: Uint8Array): { map: ReadonlyMap<string, string>; metadata: Readonly<Record<string, string>> } {
  let index: unknown;
  try {
    index = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
  } catch (error) {
    throw new Error(`the index is no JSON (${messageOf(error)})`, { cause: error });
  }
  const { weight_map: map, metadata } = (index ?? {}) as { weight_map?: unknown; metadata?: unknown };
  if (typeof map !== "object" || map === null || Array.isArray(map))
    throw new Error(`expected {"weight_map": {key: shard}}; only the index of a sharded model is read, not other JSON`);
  for (const [key, shard] of Object.entries(map)) {
    if (typeof shard !== "string") throw new Error(`weight_map "${key}": expected a file name, got ${JSON.stringify(shard)}`);
    if (shard === "" || /[\\/]/.test(shard) || shard === ".." || shard.endsWith(".json"))
      throw new Error(
        `weight_map "${key}": shard "${shard}" lies outside the index's folder; only names of weights files are allowed`,
      );
  }
  return { map: new Map(Object.entries(map as Record<string, string>)), metadata: plainText(metadata) };
}

function plainText(metadata: unknown): Record<string, string> {
  if (typeof metadata !== "object" || metadata === null) return {};
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)]));
}
