import { builtinBackends } from "../../src/backends/index.js";

/** Ids of the built-in backends that run on this machine; webgpu runs on the processor where it finds an emulated GPU. */
export async function presentBackends(): Promise<string[]> {
  const probed = await Promise.all(builtinBackends.map(async ({ id, probe }) => ((await probe()).available ? [id] : [])));
  return probed.flat();
}

/** The same without webgpu, which an emulated GPU makes slow: it runs the conformance suite and what is compared with the reference. */
export async function availableBackends(): Promise<string[]> {
  return (await presentBackends()).filter((id) => id !== "webgpu");
}
