import { performance } from "node:perf_hooks";
import { fromPackage } from "../machine.mjs";

/**
 * Wraps every kernel of the backend in use; gives a function that tells, for so many steps, calls and milliseconds per step by kernel, the
 * longest first. A kernel that another one calls counts as part of that.
 */
export async function kernelTimes() {
  const { tf } = await fromPackage("core/tensor.js");
  const table = new Map();
  let depth = 0;
  for (const config of tf.getKernelsForBackend(tf.getBackend())) {
    const own = config.kernelFunc;
    config.kernelFunc = (call) => {
      const began = performance.now();
      depth++;
      try {
        return own(call);
      } finally {
        depth--;
        if (depth === 0) {
          const { calls, ms } = table.get(config.kernelName) ?? { calls: 0, ms: 0 };
          table.set(config.kernelName, { calls: calls + 1, ms: ms + performance.now() - began });
        }
      }
    };
  }
  return (steps) =>
    [...table].map(([kernel, { calls, ms }]) => ({ kernel, calls: calls / steps, ms: ms / steps })).sort((a, b) => b.ms - a.ms);
}
