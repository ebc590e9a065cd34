import type { KernelConfig, TensorInfo } from "../../../core/tensor.js";
import type { KernelTable } from "../../shared/open-device.js";
import { sizeOf } from "../../shared/shapes.js";
import type { WebGpuBackend } from "../backend.js";
import { index, main, spreadOver } from "../shader.js";
import type { Shader } from "../shader.js";

type KernelFunc = KernelConfig["kernelFunc"];

/**
 * Integers and truths to floats. tfjs leaves their bits as they are, under another dtype, and has its own shaders ask the buffer; ours go by
 * the dtype.
 */
export function castKernels(stock: KernelFunc): KernelTable {
  return {
    Cast(call) {
      const { x } = call.inputs as { x: TensorInfo };
      const size = sizeOf(x.shape);
      if (call.attrs?.["dtype"] !== "float32" || (x.dtype !== "int32" && x.dtype !== "bool") || size === 0) return stock(call);
      const gpu = call.backend as WebGpuBackend;
      const out = gpu.output(x.shape);
      gpu.run(toFloat, { reads: [x], writes: [out], numbers: [size], groups: spreadOver(size) });
      return out;
    },
  };
}

const toFloat: Shader = {
  name: "to_float",
  reads: ["x: i32"],
  writes: ["y"],
  numbers: ["size"],
  code: `${main} {
  let i = ${index};
  if (i < u.size) { y[i] = f32(x[i]); }
}`,
};
