import { z } from "zod";

/** A param that names a file or folder. Relative paths in a graph resolve against the graph's own file. */
export function path(doc: string): z.ZodString {
  return z.string().min(1).meta({ path: true, description: doc });
}
