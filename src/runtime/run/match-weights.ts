import type { WeightSpec } from "../../core/define-node.js";
import { nearNames } from "../../core/near-names.js";

/** Name and shape of an array in a file. */
export interface FileArray {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * Pairs a model's weights with a file's arrays, strictly: every weight must be there in its shape, and nothing else may be.
 * Gives file key by weight name. Throws an Error that lists all missing, unexpected and mis-shaped keys.
 */
export function matchWeights(
  specs: readonly WeightSpec[],
  arrays: readonly FileArray[],
  keyOf: (fileKey: string) => string | undefined,
): ReadonlyMap<string, string> {
  const wanted = new Map(specs.map((spec) => [spec.name, spec]));
  const pairs = new Map<string, string>();
  const unexpected: string[] = [];
  const shapes: string[] = [];
  for (const array of arrays) {
    const name = keyOf(array.name);
    if (name === undefined) continue;
    const spec = wanted.get(name);
    if (!spec) unexpected.push(array.name);
    else if (spec.shape.join() !== array.shape.join())
      shapes.push(`${name}: [${array.shape.join()}] in the file, [${spec.shape.join()}] in the model`);
    else pairs.set(name, array.name);
  }
  const found = new Set([...pairs.keys(), ...shapes.map((line) => line.split(":")[0] ?? "")]);
  const absent = specs.filter((spec) => !found.has(spec.name));
  const missing = absent.filter((spec) => !spec.optional).map((spec) => spec.name);
  const names = absent.map((spec) => spec.name);
  const lines = [
    ...list("wrong shape", shapes),
    ...list(
      "missing",
      missing.map((name) => withNear(name, unexpected, "the file")),
    ),
    ...list(
      "unexpected",
      unexpected.map((name) => withNear(name, names, "the model")),
    ),
  ];
  if (lines.length > 0)
    throw new Error(
      `the file holds another model:\n${lines.join("\n")}\nset the params that it was made with, or give another file`,
    );
  return pairs;
}

/** At most eight entries of a kind, then how many more. */
function list(title: string, entries: readonly string[]): string[] {
  const shown = entries.slice(0, 8).map((entry) => `  ${title} ${entry}`);
  return entries.length > 8 ? [...shown, `  … and ${entries.length - 8} more ${title}`] : shown;
}

function withNear(name: string, others: readonly string[], owner: string): string {
  const [near] = nearNames(name, others);
  return near === undefined ? name : `${name} (${owner} has "${near}")`;
}
