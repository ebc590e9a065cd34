/** Keys of a graph file. */
export const graphKeys: readonly string[] = ["name", "note", "seed", "plugins", "vars", "nodes", "phases", "sweep", "report"];

/** Keys of a file that another one includes. */
export const includedKeys: readonly string[] = ["name", "note", "plugins", "inputs", "outputs", "vars", "nodes"];

/** Keys of a node. */
export const plainNodeKeys: readonly string[] = ["type", "params", "in", "note"];

/** Keys of a node entry that includes a file. */
export const includeKeys: readonly string[] = ["use", "vars", "in", "note"];

/** Keys of either. */
export const nodeKeys: readonly string[] = [...new Set([...plainNodeKeys, ...includeKeys])];

/** Keys of a phase. */
export const phaseKeys: readonly string[] = ["run", "steps", "every", "of", "before", "after", "checkpoint", "keep"];
