import { gelu } from "../../../core/ops/gelu.js";
import { silu } from "../../../core/ops/silu.js";
import type { TensorInfo } from "../../../core/tensor.js";
import type { KernelTable } from "../../shared/open-device.js";
import type { NativeBackend } from "../backend.js";
import { allFloat, fused, sameShape, sizeOf, withCpuTable } from "../kernel.js";
import type { KernelAttrs, NativeKernel } from "../kernel.js";

/** The numbers of `Unary` in cc/kern/elementwise.h. */
const unaryOps = {
  Exp: 0, Log: 1, Sqrt: 2, Rsqrt: 3, Square: 4, Neg: 5, Sigmoid: 6, Tanh: 7, Erf: 8, Relu: 9, Abs: 10, Sin: 11, Cos: 12,
  gelu: 13, gelu_tanh: 14, silu: 15, Reciprocal: 16,
} as const; // prettier-ignore

type UnaryName = keyof typeof unaryOps;

const tfjsUnary: readonly UnaryName[] = [
  "Exp", "Log", "Sqrt", "Rsqrt", "Square", "Neg", "Sigmoid", "Tanh", "Erf", "Relu", "Abs", "Sin", "Cos", "Reciprocal",
]; // prettier-ignore

/** Kernels of one input and its shape: tfjs's, and the activations with their gradients. */
export const unaryKernels: KernelTable = {
  ...withCpuTable(Object.fromEntries(tfjsUnary.map((name) => [name, unary(() => name)]))),
  ...fused(silu, unary(siluName), unaryGrad(siluName)),
  ...fused(gelu, unary(geluName), unaryGrad(geluName)),
};

function siluName(): UnaryName {
  return "silu";
}

function geluName(attrs: KernelAttrs): UnaryName {
  return attrs["form"] === "erf" ? "gelu" : "gelu_tanh";
}

function unary(name: (attrs: KernelAttrs) => UnaryName): NativeKernel<TensorInfo> {
  return (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    if (!allFloat(x)) return undefined;
    return mapped(backend, x, unaryOps[name(attrs)]);
  };
}

function mapped(backend: NativeBackend, x: TensorInfo, op: number): TensorInfo {
  const out = backend.output(x.shape);
  backend.call("unary")(out.values, backend.f32(x), op, sizeOf(x.shape));
  return out.info;
}

function unaryGrad(name: (attrs: KernelAttrs) => UnaryName): NativeKernel<readonly TensorInfo[]> {
  return (inputs, attrs, backend) => {
    const { dy, x } = inputs as { dy: TensorInfo; x: TensorInfo };
    if (!allFloat(dy, x) || !sameShape(dy.shape, x.shape)) return undefined;
    const out = backend.output(x.shape);
    backend.call("unaryGrad")(out.values, backend.f32(dy), backend.f32(x), unaryOps[name(attrs)], sizeOf(x.shape));
    return [out.info];
  };
}
