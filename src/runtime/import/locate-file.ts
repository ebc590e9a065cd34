import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

/** Files of the published collection, by the end of their paths. */
const published =
  /(?:^|\/)((?:(?:decoders|stats)\/(?:dinov2|mae|siglip2)|DiTs\/Dinov2)\/[\w/-]+\.pt|discs\/dino_vit_small_patch8_224\.pth)$/;
const collection = "hf://nyu-visionx/RAE-collections";

/** Where files are looked for, and how their paths are written. */
export interface Places {
  /** The config's own file: the reference is started in one of the folders above it. */
  readonly config: string;
  /** Folder of the graph that is written. */
  readonly graph: string;
  /** Called for a file that is nowhere. */
  readonly lost: (path: string) => void;
}

/**
 * The path of a file or model as a graph writes it: relative to the graph where the file is here; else an address on the hub, of
 * `org/name` or of a file of the published collection; else as it is.
 */
export function locateFile(path: string, { config, graph, lost }: Places): string {
  const here = [...above(dirname(resolve(config))), process.cwd()]
    .map((folder) => resolve(folder, path))
    .find((file) => existsSync(file));
  if (here !== undefined) return isAbsolute(path) ? path : dotted(relative(resolve(graph), here));
  const file = published.exec(path)?.[1];
  if (file !== undefined) return `${collection}/${file}`;
  if (/^[\w-]+\/[\w.-]+$/.test(path) && !/\.(pt|pth|safetensors|bin|json)$/.test(path)) return `hf://${path}`;
  lost(path);
  return isAbsolute(path) ? path : dotted(relative(resolve(graph), join(dirname(resolve(config)), path)));
}

function above(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...above(parent)];
}

function dotted(path: string): string {
  const plain = path.split(sep).join("/");
  return plain.startsWith(".") ? plain : `./${plain}`;
}
