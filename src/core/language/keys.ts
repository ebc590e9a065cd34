/** Keys of a graph file. */
export const graphKeys: readonly string[] = [
  "name",
  "note",
  "seed",
  "plugins",
  "vars",
  "nodes",
  "expect",
  "phases",
  "sweep",
  "report",
];

/** Keys of a file that another one includes. */
export const includedKeys: readonly string[] = ["name", "note", "plugins", "inputs", "outputs", "vars", "nodes"];

/** Keys of a node. */
export const plainNodeKeys: readonly string[] = ["type", "params", "in", "from", "updates", "note", "cache"];

/** Keys of a node that is another node, or include, once more. */
export const againKeys: readonly string[] = ["again", "in", "from", "note"];

/** Keys of a node entry that includes a file. */
export const includeKeys: readonly string[] = ["use", "vars", "in", "note"];

/** Keys of any of them. */
export const nodeKeys: readonly string[] = [...new Set([...plainNodeKeys, ...againKeys, ...includeKeys])];

/** Keys of a phase. */
export const phaseKeys: readonly string[] = ["run", "log", "steps", "every", "of", "before", "after", "checkpoint", "keep"];
