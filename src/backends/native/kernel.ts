import { tf } from "../../core/tensor.js";
import type { KernelConfig, TensorInfo } from "../../core/tensor.js";
import type { BaseKernels, CallBackend, CallKernel, KernelAttrs, KernelInputs } from "../shared/call-backend.js";
import { callKernels } from "../shared/kernels/index.js";
import type { KernelTable } from "../shared/open-device.js";
import type { NativeBackend } from "./backend.js";

type KernelFunc = KernelConfig["kernelFunc"];

/** A tfjs kernel: where ours does not serve, tfjs's cpu kernel runs on the same memory. */
function withCpu(name: string, run: CallKernel<TensorInfo | TensorInfo[]>): KernelFunc {
  return (call) => {
    const { inputs, attrs, backend } = call;
    return run(inputs as KernelInputs, (attrs ?? {}) as KernelAttrs, backend as unknown as CallBackend) ?? onCpu(name)(call);
  };
}

/** tfjs's cpu kernel on our memory. */
export function onCpu(name: string): KernelFunc {
  return (call) => {
    (call.backend as NativeBackend).fellBack(name, call.inputs as KernelInputs);
    return tf.getKernel(name, "cpu").kernelFunc(call);
  };
}

function withCpuTable(kernels: BaseKernels): KernelTable {
  return Object.fromEntries(Object.entries(kernels).map(([name, run]) => [name, withCpu(name, run)]));
}

/** All kernels that stand before tfjs's cpu kernels, or that those lack. */
export const nativeKernels: KernelTable = { ...withCpuTable(callKernels.base), ...callKernels.fused };
