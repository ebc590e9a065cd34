import { gelu } from "../../../core/ops/gelu.js";
import { silu } from "../../../core/ops/silu.js";
import type { TensorInfo } from "../../../core/tensor.js";
import type { KernelTable } from "../open-device.js";
import { fused } from "../call-backend.js";
import type { BaseKernels, CallKernel, KernelAttrs } from "../call-backend.js";
import { allFloat, sameShape, sizeOf } from "../shapes.js";

/** The numbers of `Unary` in cc/kern/elementwise.h. */
const unaryOps = {
  Exp: 0, Log: 1, Sqrt: 2, Rsqrt: 3, Square: 4, Neg: 5, Sigmoid: 6, Tanh: 7, Erf: 8, Relu: 9, Abs: 10, Sin: 11, Cos: 12,
  gelu: 13, gelu_tanh: 14, silu: 15, Reciprocal: 16, Elu: 17, LeakyRelu: 18, Step: 19, ClipByValue: 20, Sign: 21, Floor: 22,
  Round: 23, Softplus: 24,
} as const; // prettier-ignore

type UnaryName = keyof typeof unaryOps;

const tfjsUnary: readonly UnaryName[] = [
  "Exp", "Log", "Sqrt", "Rsqrt", "Square", "Neg", "Sigmoid", "Tanh", "Erf", "Relu", "Abs", "Sin", "Cos", "Reciprocal", "Elu",
  "Sign", "Floor", "Round", "Softplus",
]; // prettier-ignore

/** tfjs's kernels of one input and its shape. */
export const unaryKernels: BaseKernels = {
  ...Object.fromEntries(tfjsUnary.map((name) => [name, unary(() => name)])),
  LeakyRelu: unary(() => "LeakyRelu", "alpha"),
  Step: unary(() => "Step", "alpha"),
  ClipByValue: unary(() => "ClipByValue", "clipValueMin", "clipValueMax"),
};

/** The activations with their gradients. */
export const activationKernels: KernelTable = {
  ...fused(silu, activated(siluName), unaryGrad(siluName)),
  ...fused(gelu, activated(geluName), unaryGrad(geluName)),
};

function siluName(): UnaryName {
  return "silu";
}

function geluName(attrs: KernelAttrs): UnaryName {
  return attrs["form"] === "erf" ? "gelu" : "gelu_tanh";
}

/** `settings` are the attributes that the op reads, in the order of its C++ comment. */
function unary(name: (attrs: KernelAttrs) => UnaryName, ...settings: readonly string[]): CallKernel<TensorInfo> {
  return (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    if (!allFloat(x)) return undefined;
    const out = backend.output(x.shape);
    const numbers = settings.map((setting) => attrs[setting] as number);
    backend.call("unary")(out.values, backend.f32(x), unaryOps[name(attrs)], sizeOf(x.shape), ...numbers);
    return out.info;
  };
}

function activated(name: (attrs: KernelAttrs) => UnaryName): CallKernel<TensorInfo> {
  return (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    if (!allFloat(x)) return undefined;
    const out = backend.activation(x.shape);
    backend.call("unary")(out.values, backend.floats(x), unaryOps[name(attrs)], sizeOf(x.shape));
    return out.info;
  };
}

function unaryGrad(name: (attrs: KernelAttrs) => UnaryName): CallKernel<readonly TensorInfo[]> {
  return (inputs, attrs, backend) => {
    const { dy, x } = inputs as { dy: TensorInfo; x: TensorInfo };
    if (!allFloat(dy, x) || !sameShape(dy.shape, x.shape)) return undefined;
    const out = backend.activation(x.shape);
    backend.call("unaryGrad")(out.values, backend.floats(dy), backend.floats(x), unaryOps[name(attrs)], sizeOf(x.shape));
    return [out.info];
  };
}
