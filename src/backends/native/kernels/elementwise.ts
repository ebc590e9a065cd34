import { gelu } from "../../../core/ops/gelu.js";
import { silu } from "../../../core/ops/silu.js";
import type { TensorInfo } from "../../../core/tensor.js";
import type { KernelTable } from "../../shared/open-device.js";
import { allFloat, fused, sameShape, sizeOf, withCpuTable } from "../kernel.js";
import type { KernelAttrs, NativeKernel } from "../kernel.js";

/** The numbers of `Unary` in cc/kern/elementwise.h. */
const unaryOps = {
  Exp: 0, Log: 1, Sqrt: 2, Rsqrt: 3, Square: 4, Neg: 5, Sigmoid: 6, Tanh: 7, Erf: 8, Relu: 9, Abs: 10, Sin: 11, Cos: 12,
  gelu: 13, gelu_tanh: 14, silu: 15, Reciprocal: 16, Elu: 17, LeakyRelu: 18, Step: 19, ClipByValue: 20,
} as const; // prettier-ignore

type UnaryName = keyof typeof unaryOps;

const tfjsUnary: readonly UnaryName[] = [
  "Exp", "Log", "Sqrt", "Rsqrt", "Square", "Neg", "Sigmoid", "Tanh", "Erf", "Relu", "Abs", "Sin", "Cos", "Reciprocal", "Elu",
]; // prettier-ignore

/** Kernels of one input and its shape: tfjs's, and the activations with their gradients. */
export const unaryKernels: KernelTable = {
  ...withCpuTable(Object.fromEntries(tfjsUnary.map((name) => [name, unary(() => name)]))),
  ...withCpuTable({
    LeakyRelu: unary(() => "LeakyRelu", "alpha"),
    Step: unary(() => "Step", "alpha"),
    ClipByValue: unary(() => "ClipByValue", "clipValueMin", "clipValueMax"),
  }),
  ...fused(silu, unary(siluName), unaryGrad(siluName)),
  ...fused(gelu, unary(geluName), unaryGrad(geluName)),
};

function siluName(): UnaryName {
  return "silu";
}

function geluName(attrs: KernelAttrs): UnaryName {
  return attrs["form"] === "erf" ? "gelu" : "gelu_tanh";
}

/** `settings` are the attributes that the op reads, in the order of its C++ comment. */
function unary(name: (attrs: KernelAttrs) => UnaryName, ...settings: readonly string[]): NativeKernel<TensorInfo> {
  return (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    if (!allFloat(x)) return undefined;
    const out = backend.output(x.shape);
    const numbers = settings.map((setting) => attrs[setting] as number);
    backend.call("unary")(out.values, backend.f32(x), unaryOps[name(attrs)], sizeOf(x.shape), ...numbers);
    return out.info;
  };
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
