import type { TensorInfo } from "../../../core/tensor.js";
import type { BaseKernels, CallKernel } from "../call-backend.js";
import { allFloat, lastAxis, sizeOf } from "../shapes.js";

/** The numbers of `Reduction` in cc/kern/reduce.h. */
const reductions = { Sum: 0, Mean: 1, Max: 2, Min: 3 } as const;

/** Sums, means and extremes over neighbouring axes, softmax over the last, and running sums. */
export const reduceKernels: BaseKernels = {
  ...Object.fromEntries(Object.entries(reductions).map(([name, op]) => [name, reduce(op)])),
  Softmax: (inputs, attrs, backend) => {
    const { logits } = inputs as { logits: TensorInfo };
    const n = lastAxis(logits.shape);
    const dim = (attrs["dim"] as number | undefined) ?? -1;
    if (!allFloat(logits) || n === 0 || (dim !== -1 && dim !== logits.shape.length - 1)) return undefined;
    const out = backend.output(logits.shape);
    backend.call("softmax")(out.values, backend.f32(logits), sizeOf(logits.shape) / n, n);
    return out.info;
  },
  Cumsum: (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    const run = x.shape.length > 0 ? axisRun(x.shape, attrs["axis"] as number) : undefined;
    if (!allFloat(x) || !run) return undefined;
    const out = backend.output(x.shape);
    const order = [Number(attrs["exclusive"] === true), Number(attrs["reverse"] === true)];
    backend.call("cumsum")(out.values, backend.f32(x), run.outer, run.count, run.inner, ...order);
    return out.info;
  },
};

function reduce(op: number): CallKernel<TensorInfo> {
  return (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    // tfjs names the axes of Max otherwise than all others'.
    const run = axisRun(x.shape, (attrs["reductionIndices"] ?? attrs["axis"]) as number | readonly number[] | null | undefined);
    if (!allFloat(x) || !run || run.count === 0) return undefined;
    const keep = attrs["keepDims"] === true;
    const shape = x.shape.flatMap((size, axis) => (!run.axes.has(axis) ? [size] : keep ? [1] : []));
    const out = backend.output(shape);
    backend.call("reduce")(out.values, backend.floats(x), op, run.outer, run.count, run.inner);
    return out.info;
  };
}

interface AxisRun {
  readonly axes: ReadonlySet<number>;
  readonly outer: number;
  readonly count: number;
  readonly inner: number;
}

/** The axes as one run; undefined where others that are longer than 1 lie between them. No axes at all mean every axis. */
function axisRun(shape: readonly number[], axis: number | readonly number[] | null | undefined): AxisRun | undefined {
  const given = axis === null || axis === undefined ? [] : typeof axis === "number" ? [axis] : axis;
  const all = given.length === 0 ? shape.map((_, i) => i) : given;
  const axes = new Set(all.map((a) => (a < 0 ? a + shape.length : a)));
  const long = [...axes].filter((a) => shape[a] !== 1).sort((a, b) => a - b);
  const from = long[0] ?? 0;
  const to = long.length === 0 ? from : (long.at(-1) ?? from) + 1;
  if (shape.some((size, a) => a >= from && a < to && size !== 1 && !axes.has(a))) return undefined;
  return { axes, outer: sizeOf(shape.slice(0, from)), count: sizeOf(shape.slice(from, to)), inner: sizeOf(shape.slice(to)) };
}
