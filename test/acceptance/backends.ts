import { builtinBackends } from "../../src/backends/index.js";

/** Ids of the built-in backends that this machine can run. */
export async function availableBackends(): Promise<string[]> {
  const probed = await Promise.all(builtinBackends.map(async ({ id, probe }) => ((await probe()).available ? [id] : [])));
  return probed.flat();
}
