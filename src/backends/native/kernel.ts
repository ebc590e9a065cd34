import { tf } from "../../core/tensor.js";
import type { KernelConfig, TensorInfo } from "../../core/tensor.js";
import { fusedKernels } from "../shared/fused.js";
import type { BackendKernel, KernelAttrs, KernelInputs } from "../shared/fused.js";
import type { KernelTable } from "../shared/open-device.js";
import type { NativeBackend } from "./backend.js";

export type { KernelAttrs, KernelInputs };
export { allFloat, lastAxis, sameShape, sizeOf } from "../shared/shapes.js";

/** A kernel of this backend; undefined says that it does not serve these shapes or types. */
export type NativeKernel<R> = BackendKernel<NativeBackend, R>;

type KernelFunc = KernelConfig["kernelFunc"];

/** A tfjs kernel: where ours does not serve, tfjs's cpu kernel runs on the same memory. */
export function withCpu(name: string, run: NativeKernel<TensorInfo | TensorInfo[]>): KernelFunc {
  return (call) => {
    const { inputs, attrs, backend } = call;
    return run(inputs as KernelInputs, (attrs ?? {}) as KernelAttrs, backend as NativeBackend) ?? onCpu(name)(call);
  };
}

/** tfjs's cpu kernel on our memory. */
export function onCpu(name: string): KernelFunc {
  return (call) => {
    (call.backend as NativeBackend).fellBack(name);
    return tf.getKernel(name, "cpu").kernelFunc(call);
  };
}

/** A table of tfjs kernels, each with tfjs's cpu kernel behind it. */
export function withCpuTable(kernels: Readonly<Record<string, NativeKernel<TensorInfo | TensorInfo[]>>>): KernelTable {
  return Object.fromEntries(Object.entries(kernels).map(([name, run]) => [name, withCpu(name, run)]));
}

/** The kernel of a fused op, and of its gradient; where ours does not serve, the op's own tfjs form runs. */
export const fused = fusedKernels<NativeBackend>;
