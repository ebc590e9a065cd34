import type { KernelConfig, TensorInfo } from "../../../core/tensor.js";
import type { KernelTable } from "../../shared/open-device.js";
import { sizeOf } from "../../shared/shapes.js";
import type { WebGpuBackend } from "../backend.js";
import { index, main, spreadOver } from "../shader.js";
import type { Shader } from "../shader.js";
import { cosSinText } from "./trigonometry-text.js";

type Stock = (name: string) => KernelConfig["kernelFunc"];

/** Sine and cosine to single precision, where tfjs takes WGSL's own; `stock` does what are no floats. */
export function trigonometryKernels(stock: Stock): KernelTable {
  return { Cos: kernel("cos", stock("Cos")), Sin: kernel("sin", stock("Sin")) };
}

function kernel(name: "cos" | "sin", stock: KernelConfig["kernelFunc"]): KernelConfig["kernelFunc"] {
  const shader: Shader = {
    name,
    reads: ["x"],
    writes: ["y"],
    numbers: ["size"],
    code: `${cosSinText}
${main} {
  let i = ${index};
  if (i < u.size) { y[i] = cos_sin(x[i]).${name === "cos" ? "x" : "y"}; }
}`,
  };
  return (call) => {
    const { x } = call.inputs as { x: TensorInfo };
    const size = sizeOf(x.shape);
    if (x.dtype !== "float32" || size === 0) return stock(call);
    const gpu = call.backend as WebGpuBackend;
    const out = gpu.output(x.shape);
    gpu.run(shader, { reads: [x], writes: [out], numbers: [size], groups: spreadOver(size) });
    return out;
  };
}
