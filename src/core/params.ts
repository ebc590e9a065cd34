import { z } from "zod";

/** A param that names a file or folder. Relative paths in a graph resolve against the graph's own file. */
export function path(doc: string): z.ZodString {
  return z.string().min(1).meta({ path: true, description: doc });
}

/** The same for a reducer or sink that reads the file; any other path of theirs is one that they write. */
export function readPath(doc: string): z.ZodString {
  return z.string().min(1).meta({ path: true, read: true, description: doc });
}

/**
 * A param that names a model's published `config.json`, as a file or on the hub. Its entries fill the node's params of the same names, at the file's top or below
 * `config`, `params`, `model` or `vision_config`, or in the part named behind `#`; params given in the graph win, keys that the node does not know are ignored.
 */
export function configFile(): z.ZodString {
  const description =
    "published config.json, or hf://org/name[/file][@revision]: fills the params of the same names that are not given here";
  return z.string().min(1).meta({ path: true, config: true, description });
}

/** The `weights` param of a model: where its weights come from. Its file may name them as any of the model's layouts does. */
export function weightsPath(): z.ZodOptional<z.ZodString> {
  return path(
    "safetensors or PyTorch file, hf://org/name[/file][@revision], checkpoint or run folder; file.pt#ema takes one part",
  ).optional();
}
