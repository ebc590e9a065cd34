import { builtinBackends } from "../../src/backends/index.js";

/** Ids of the built-in backends that run on this machine's processor; webgpu, here an emulated GPU, has tests of its own. */
export async function availableBackends(): Promise<string[]> {
  const own = builtinBackends.filter(({ id }) => id !== "webgpu");
  const probed = await Promise.all(own.map(async ({ id, probe }) => ((await probe()).available ? [id] : [])));
  return probed.flat();
}
