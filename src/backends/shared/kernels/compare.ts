import type { TensorInfo } from "../../../core/tensor.js";
import type { BaseKernels, CallKernel, Numbers } from "../call-backend.js";
import { allFloat, sameShape, sizeOf } from "../shapes.js";
import { spread } from "./broadcast.js";

/** The numbers of `Comparison` in cc/kern/compare.h. */
const comparisons = { Equal: 0, NotEqual: 1, Greater: 2, GreaterEqual: 3, Less: 4, LessEqual: 5 } as const;

/** Comparisons of float32 and int32 tensors, logic on bool ones, and the choice between two tensors. */
export const compareKernels: BaseKernels = {
  ...Object.fromEntries(Object.entries(comparisons).map(([name, op]) => [name, compare(op)])),
  LogicalAnd: logical(0),
  LogicalOr: logical(1),
  LogicalNot: (inputs, _attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    if (x.dtype !== "bool") return undefined;
    const out = backend.outputLike(x.shape, "bool");
    backend.call("logicalNot")(out.values, backend.array(x), sizeOf(x.shape));
    return out.info;
  },
  Select: (inputs, _attrs, backend) => {
    const { condition, t, e } = inputs as { condition: TensorInfo; t: TensorInfo; e: TensorInfo };
    const alike = sameShape(condition.shape, t.shape) && sameShape(t.shape, e.shape) && t.dtype === e.dtype;
    if (!alike || condition.dtype !== "bool" || (t.dtype !== "float32" && t.dtype !== "int32")) return undefined;
    const out = backend.outputLike(t.shape, t.dtype);
    const numbers = (info: TensorInfo): Numbers => (t.dtype === "int32" ? backend.i32(info) : backend.f32(info));
    backend.call("select")(out.values, backend.array(condition), numbers(t), numbers(e), sizeOf(t.shape));
    return out.info;
  },
};

function compare(op: number): CallKernel<TensorInfo> {
  return (inputs, _attrs, backend) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const whole = a.dtype === "int32" && b.dtype === "int32";
    const laid = whole || allFloat(a, b) ? spread(a.shape, b.shape) : undefined;
    if (!laid) return undefined;
    const out = backend.outputLike(laid.shape, "bool");
    const layout = [...laid.sizes, ...laid.a, ...laid.b];
    const numbers = (info: TensorInfo): Numbers => (whole ? backend.i32(info) : backend.f32(info));
    backend.call("compare")(out.values, numbers(a), numbers(b), op, Number(whole), ...layout);
    return out.info;
  };
}

function logical(op: number): CallKernel<TensorInfo> {
  return (inputs, _attrs, backend) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const laid = a.dtype === "bool" && b.dtype === "bool" ? spread(a.shape, b.shape) : undefined;
    if (!laid) return undefined;
    const out = backend.outputLike(laid.shape, "bool");
    backend.call("logical")(out.values, backend.array(a), backend.array(b), op, ...laid.sizes, ...laid.a, ...laid.b);
    return out.info;
  };
}
