import type { TensorInfo } from "../../../core/tensor.js";
import type { KernelTable } from "../../shared/open-device.js";
import { sameShape, sizeOf, withCpuTable } from "../kernel.js";
import type { NativeKernel } from "../kernel.js";
import { spread } from "./broadcast.js";

/** The numbers of `Compare` in cc/kern/logic.h. */
const compareOps = {
  Less: 0, LessEqual: 1, Greater: 2, GreaterEqual: 3, Equal: 4, NotEqual: 5, LogicalAnd: 6, LogicalOr: 7,
} as const; // prettier-ignore

/** Types in the order of cc/kern/logic.h. */
const types = ["float32", "int32", "bool"];

/** Comparisons with broadcasting, logic, and the choice between two tensors. */
export const logicKernels: KernelTable = withCpuTable({
  ...Object.fromEntries(Object.entries(compareOps).map(([name, op]) => [name, compare(op)])),

  LogicalNot: (inputs, _attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    if (x.dtype !== "bool") return undefined;
    const out = backend.outputLike(x.shape, "bool");
    backend.call("not")(out.values, backend.array(x), sizeOf(x.shape));
    return out.info;
  },

  Select: (inputs, _attrs, backend) => {
    const { condition, t, e } = inputs as { condition: TensorInfo; t: TensorInfo; e: TensorInfo };
    const fits = sameShape(condition.shape, t.shape) && sameShape(t.shape, e.shape) && condition.dtype === "bool";
    if (!fits || t.dtype !== e.dtype || (t.dtype !== "float32" && t.dtype !== "int32")) return undefined;
    const out = backend.outputLike(t.shape, t.dtype);
    backend.call("select")(out.values, backend.array(condition), backend.array(t), backend.array(e), sizeOf(t.shape));
    return out.info;
  },
});

function compare(op: number): NativeKernel<TensorInfo> {
  return (inputs, _attrs, backend) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const type = types.indexOf(a.dtype);
    const laid = spread(a.shape, b.shape);
    if (type < 0 || a.dtype !== b.dtype || !laid) return undefined;
    const out = backend.outputLike(laid.shape, "bool");
    backend.call("compare")(out.values, backend.array(a), backend.array(b), op, type, ...laid.sizes, ...laid.a, ...laid.b);
    return out.info;
  };
}
