import { defineBackend } from "../../core/define-backend.js";
import { prepareTensors } from "../../core/prepare.js";
import { tf } from "../../core/tensor.js";
import type { KernelConfig } from "../../core/tensor.js";
import { openDevice } from "../shared/open-device.js";
import type { KernelTable } from "../shared/open-device.js";
import { wasmKernels } from "./kernels.js";
import { withTurnedFactors } from "./mat-mul.js";
import { preciseSum } from "./sum.js";

let kernels: KernelTable | undefined;

/** tfjs's WebAssembly kernels, and the ones that training needs besides. Runs everywhere, on one core. */
export const wasmBackend = defineBackend({
  id: "wasm",
  note: "WebAssembly with SIMD on one core; needs nothing installed",
  precisions: ["fp32"],
  probe: () =>
    Promise.resolve(
      "WebAssembly" in globalThis
        ? { available: true, reason: "WebAssembly, one core" }
        : { available: false, reason: "this JavaScript engine has no WebAssembly" },
    ),
  async open(options) {
    await prepareTensors();
    const { version_wasm: version } = await import("@tensorflow/tfjs-backend-wasm");
    // These wrap tfjs's own, which must be looked up before they are replaced.
    const stock = (name: string): KernelConfig["kernelFunc"] => tf.getKernel(name, "wasm").kernelFunc;
    kernels ??= {
      ...wasmKernels,
      BatchMatMul: withTurnedFactors(stock("BatchMatMul")),
      Sum: preciseSum(stock("Sum"), false),
      Mean: preciseSum(stock("Mean"), true),
    };
    return openDevice({ name: "wasm", info: `wasm: tfjs ${version}, SIMD, 1 thread`, kernels }, options);
  },
});
