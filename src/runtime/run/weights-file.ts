import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isHubAddress } from "../hub/hub-address.js";
import { hubFile } from "../hub/hub-file.js";
import type { Pull } from "../hub/hub-file.js";
import { weightNames } from "./weight-names.js";

/** A file of weights, and the part of it that is meant, e.g. `ema`. */
export interface WeightsFile {
  readonly file: string;
  readonly part?: string;
}

/** How to look for a file. */
export interface FindOptions {
  /** Ends the message of the Error where there is nothing. */
  readonly hint?: string;
  /** Called for what is not in the cache of the hub; without it that is an Error. */
  readonly pull?: Pull | undefined;
}

/**
 * The weights file that a `weights` param means: a file itself; of a checkpoint the averaged weights, else the trained ones; of a run its
 * latest checkpoint; of a published model's folder its weights; of an address on the hub its file in the cache. `path#part` takes one
 * part of a file, e.g. `step-100.pt#model`.
 */
export async function weightsFile(given: string, options: FindOptions = {}): Promise<WeightsFile> {
  const whole = await stat(given).catch(() => undefined);
  const hash = given.lastIndexOf("#");
  // A name may hold a # itself: what is there under the whole name goes first.
  const [path, part] = whole || hash < 0 ? [given] : [given.slice(0, hash), given.slice(hash + 1)];
  const file = isHubAddress(path) ? await hubFile(path, options.pull) : await fileIn(path, options);
  return part === undefined || part === "" ? { file } : { file, part };
}

async function fileIn(path: string, options: FindOptions): Promise<string> {
  const { hint = ", its path counted from the graph file" } = options;
  const entry = await stat(path).catch(() => undefined);
  if (!entry) throw new Error(`${path}: no such file or folder; expected ${kinds}${hint}`);
  if (entry.isFile()) return path;
  const names = await readdir(path);
  const file = weightNames.find((name) => names.includes(name));
  if (file) return join(path, file);
  if (names.includes("latest")) return fileIn(join(path, (await readFile(join(path, "latest"), "utf8")).trim()), options);
  if (names.includes("checkpoints")) return fileIn(join(path, "checkpoints"), options);
  throw new Error(`${path} holds no weights: expected ${kinds}`);
}

const kinds = "a safetensors or PyTorch file, the index of a sharded one, a checkpoint folder or a run folder";
