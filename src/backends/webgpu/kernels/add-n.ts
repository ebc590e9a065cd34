import type { KernelConfig, TensorInfo } from "../../../core/tensor.js";
import type { KernelTable } from "../../shared/open-device.js";
import type { WebGpuBackend } from "../backend.js";

type KernelFunc = KernelConfig["kernelFunc"];

/** Sums of many tensors: tfjs binds all of them at once, more than a device allows, so they are added a few at a time. */
export function addNKernels(addN: KernelFunc): KernelTable {
  return {
    AddN(call) {
      // This kernel's inputs come as a list.
      const inputs = call.inputs as unknown as readonly TensorInfo[];
      const backend = call.backend as WebGpuBackend;
      const few = backend.device.limits.maxStorageBuffersPerShaderStage - 1;
      if (inputs.length <= few) return addN(call);
      const sum = (list: readonly TensorInfo[]): TensorInfo => addN({ ...call, inputs: list as never }) as TensorInfo;
      let total = sum(inputs.slice(0, few));
      for (let next = few; next < inputs.length; next += few - 1) {
        const more = sum([total, ...inputs.slice(next, next + few - 1)]);
        backend.free(total);
        total = more;
      }
      return total;
    },
  };
}
