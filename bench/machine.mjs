import { availableParallelism } from "node:os";
import { BenchError } from "./bench-error.mjs";

/** The addon of the native backend with its threads set. Throws a BenchError where it has not been built. */
export async function openAddon(threads) {
  const { addonBuilt, loadAddon } = await fromPackage("backends/native/addon.js");
  if (!addonBuilt()) throw new BenchError("the native addon is not built; install g++ or clang++ and run `npm run prepare`");
  const addon = loadAddon();
  addon.setThreads(threads);
  return addon;
}

/** GFLOP/s of nothing but multiply-adds on all threads, at this precision. */
export async function measurePeak(addon, precision) {
  const { multiplyAddPeak } = await fromPackage("backends/native/peak.js");
  return multiplyAddPeak(addon, precision);
}

/** The threads to use: as asked, or all cores. */
export function threadCount(asked) {
  return asked ?? availableParallelism();
}

/** A module of the built package. Throws a BenchError where it has not been built. */
export async function fromPackage(path) {
  try {
    return await import(new URL(`../dist/${path}`, import.meta.url).href);
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new BenchError(`dist/${path} is missing; run \`npm run build\` first`);
  }
}

/** An array in the addon's aligned memory, filled by `value` of each index. */
export function nativeArray(addon, size, value) {
  const array = new Float32Array(addon.allocate(size * 4), 0, size);
  for (let i = 0; i < size; i++) array[i] = value(i);
  return array;
}
