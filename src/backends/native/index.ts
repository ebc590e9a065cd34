import { availableParallelism } from "node:os";

import { defineBackend } from "../../core/define-backend.js";
import { prepareTensors } from "../../core/prepare.js";
import { tf } from "../../core/tensor.js";
import { openDevice } from "../shared/open-device.js";
import { addonBuilt, loadAddon } from "./addon.js";
import { makeBackend } from "./backend.js";
import { countMemory } from "./count-memory.js";
import type { NativeBackend } from "./backend.js";
import { nativeKernels, onCpu } from "./kernel.js";
import { multiplyAddPeak } from "./peak.js";
import { recordStep } from "../shared/record-step.js";
import { compileProgram } from "./program.js";
import type { CallRecording } from "../shared/recorder.js";
import { checkInstructionSet } from "./self-check.js";

/** Our C++ kernels on all cores of this processor; the default where there is no GPU. */
export const nativeBackend = defineBackend({
  id: "native",
  note: "C++ with AVX2, AVX-512 or NEON on all cores; built by npm ci where there is a C++ compiler",
  precisions: ["fp32", "bf16"],
  probe: () => Promise.resolve(probe()),
  async open(options) {
    const { addon, peak } = countMemory(loadAddon());
    await prepareTensors();
    const threads = options.threads ?? availableParallelism();
    if (!Number.isInteger(threads) || threads < 1 || threads > 256)
      throw new Error(`native: ${threads} threads; expected a whole number from 1 to 256`);
    addon.setThreads(threads);
    const library = await import("@tensorflow/tfjs-backend-cpu");
    registerCpuKernels();
    if (tf.findBackend("native")) tf.removeBackend("native");
    tf.registerBackend("native", () => makeBackend(library, addon, options.precision === "bf16"), 0);
    const device = await openDevice({ name: "native", info: "", kernels: nativeKernels, precisions: ["fp32", "bf16"] }, options);
    const failed = checkInstructionSet(addon, options.precision === "bf16" ? "bf16" : "fp32");
    const work = `${threads} thread${threads === 1 ? "" : "s"}, ${options.precision}`;
    const native = tf.backend() as NativeBackend;
    return {
      ...device,
      memory: () => ({ ...device.memory(), peak: peak() }),
      record: (trace, inputs) => recordStep(native, trace, inputs),
      // Recordings come from `record` alone, so they are this backend's own.
      compile: (first, second) => compileProgram(addon, native, first as CallRecording, second as CallRecording),
      info: [`native: ${addon.isa()}, ${work}`, ...failed].join("; "),
      peak: () => multiplyAddPeak(addon, options.precision),
      close: () => {
        addon.setThreads(1);
        return device.close();
      },
    };
  },
});

/** All of tfjs's cpu kernels run on our memory; ours take their places afterwards. */
function registerCpuKernels(): void {
  if (tf.getKernelsForBackend("native").length > 0) return;
  for (const kernel of tf.getKernelsForBackend("cpu"))
    tf.registerKernel({ ...kernel, backendName: "native", kernelFunc: onCpu(kernel.kernelName) });
}

function probe(): { available: boolean; reason: string } {
  if (!addonBuilt())
    return { available: false, reason: "the addon is not built; install g++ or clang++ and run `npm run build:native`" };
  try {
    return { available: true, reason: `${loadAddon().isa()}, ${availableParallelism()} cores` };
  } catch (error) {
    return { available: false, reason: `the addon does not load: ${String(error)}; run \`npm run build:native\`` };
  }
}
