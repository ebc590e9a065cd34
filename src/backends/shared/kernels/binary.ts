import type { TensorInfo } from "../../../core/tensor.js";
import type { BaseKernels, CallKernel, KernelInputs } from "../call-backend.js";
import { allFloat, sameShape, sizeOf } from "../shapes.js";
import { spread } from "./broadcast.js";

/** The numbers of `Binary` in cc/kern/elementwise.h. */
const binaryOps = { Add: 0, Sub: 1, Multiply: 2, RealDiv: 3, Maximum: 4, Minimum: 5, SquaredDifference: 6, Pow: 7 } as const;
const eluPull = 8;

/** Arithmetic of two tensors with broadcasting, and the sum of many. */
export const binaryKernels: BaseKernels = {
  ...Object.fromEntries(Object.entries(binaryOps).map(([name, op]) => [name, binary(op)])),
  EluGrad: ({ dy, y }, attrs, backend) => (dy && y ? binary(eluPull)({ a: dy, b: y }, attrs, backend) : undefined),
  AddN: (inputs, _attrs, backend) => {
    const list = Object.values(inputs as KernelInputs);
    const [first] = list;
    if (!first || !allFloat(...list) || !list.every(({ shape }) => sameShape(shape, first.shape))) return undefined;
    const out = backend.output(first.shape);
    backend.call("addAll")([out.values, ...list.map((info) => backend.floats(info))], sizeOf(first.shape));
    return out.info;
  },
};

function binary(op: number): CallKernel<TensorInfo> {
  return (inputs, _attrs, backend) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    if (!allFloat(a, b)) return undefined;
    const laid = spread(a.shape, b.shape);
    if (!laid) return undefined;
    const out = backend.output(laid.shape);
    backend.call("binary")(out.values, backend.floats(a), backend.floats(b), op, ...laid.sizes, ...laid.a, ...laid.b);
    return out.info;
  };
}
