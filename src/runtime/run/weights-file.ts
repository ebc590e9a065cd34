import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** A file of weights, and the part of it that is meant, e.g. `ema`. */
export interface WeightsFile {
  readonly file: string;
  readonly part?: string;
}

/**
 * The weights file that a `weights` param means: a file itself; of a checkpoint the averaged weights, else the trained ones; of a run its
 * latest checkpoint; of a published model's folder its weights. `path#part` takes one part of a file, e.g. `step-100.pt#model`.
 * `hint` ends the message of the Error where there is nothing.
 */
export async function weightsFile(given: string, hint = ", its path counted from the graph file"): Promise<WeightsFile> {
  const whole = await stat(given).catch(() => undefined);
  const hash = given.lastIndexOf("#");
  // A name may hold a # itself: what is there under the whole name goes first.
  const [path, part] = whole || hash < 0 ? [given] : [given.slice(0, hash), given.slice(hash + 1)];
  const file = await fileIn(path, hint);
  return part === undefined || part === "" ? { file } : { file, part };
}

async function fileIn(path: string, hint: string): Promise<string> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry) throw new Error(`${path}: no such file or folder; expected ${kinds}${hint}`);
  if (entry.isFile()) return path;
  const names = await readdir(path);
  const file = fileNames.find((name) => names.includes(name));
  if (file) return join(path, file);
  if (names.includes("latest")) return fileIn(join(path, (await readFile(join(path, "latest"), "utf8")).trim()), hint);
  if (names.includes("checkpoints")) return fileIn(join(path, "checkpoints"), hint);
  throw new Error(`${path} holds no weights: expected ${kinds}`);
}

const kinds = "a safetensors or PyTorch file, the index of a sharded one, a checkpoint folder or a run folder";

/** Names of the weights in a checkpoint's folder, then those of published models, in the order in which they are looked for. */
export const fileNames = [
  "ema.safetensors",
  "model.safetensors",
  "model.safetensors.index.json",
  "diffusion_pytorch_model.safetensors",
  "diffusion_pytorch_model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
  "model.pt",
  "stage2_model.pt",
];
