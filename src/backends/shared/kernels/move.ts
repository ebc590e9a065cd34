import { tf } from "../../../core/tensor.js";
import type { Tensor, TensorInfo } from "../../../core/tensor.js";
import type { BaseKernels, CallBackend, KernelInputs, Output } from "../call-backend.js";
import { sizeOf } from "../shapes.js";
import { copyAlong, stridesOf } from "./strided.js";

/** Kernels that only move numbers (float32 and int32): each is one or more strided copies. */
export const moveKernels: BaseKernels = {
  Transpose: (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    const perm = attrs["perm"] as readonly number[];
    if (!fourBytes(x)) return undefined;
    const out = like(
      backend,
      x,
      perm.map((axis) => x.shape[axis] ?? 1),
    );
    const [from, to] = [stridesOf(x.shape), stridesOf(out.info.shape)];
    const axes = perm.map((axis, i) => ({ size: x.shape[axis] ?? 1, to: to[i] ?? 1, from: from[axis] ?? 1 }));
    return filled(backend, out, x, axes);
  },

  Slice: (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    if (!fourBytes(x)) return undefined;
    const { parseSliceParams, assertParamsValid } = tf.slice_util;
    const [starts = [], shape = []] = parseSliceParams(x as Tensor, attrs["begin"] as number[], attrs["size"] as number[]);
    assertParamsValid(x as Tensor, starts, shape);
    return part(backend, x, starts, shape);
  },

  SplitV: (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    const axis = upward(attrs["axis"] as number, x.shape.length);
    if (!fourBytes(x)) return undefined;
    const sizes = tf.backend_util.prepareSplitSize(x as Tensor, attrs["numOrSizeSplits"] as number[], axis);
    let start = 0;
    const parts = sizes.map((size) => {
      const begin = x.shape.map((_, i) => (i === axis ? start : 0));
      start += size;
      return part(
        backend,
        x,
        begin,
        x.shape.map((whole, i) => (i === axis ? size : whole)),
      );
    });
    return parts.every((info) => info !== undefined) ? parts : undefined;
  },

  Concat: (inputs, attrs, backend) => {
    const all = Object.values(inputs as KernelInputs);
    const axis = upward(attrs["axis"] as number, all[0]?.shape.length ?? 0);
    tf.backend_util.assertParamsConsistent(
      all.map(({ shape }) => [...shape]),
      axis,
    );
    const list = all.filter(({ shape }) => sizeOf(shape) > 0);
    const [first] = list;
    if (!first || !list.every((info) => fourBytes(info) && info.dtype === first.dtype)) return undefined;
    const along = list.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
    const out = backend.outputAs(
      list,
      first.shape.map((size, i) => (i === axis ? along : size)),
    );
    const inner = sizeOf(first.shape.slice(axis + 1));
    let offset = 0;
    for (const info of list) {
      const width = (info.shape[axis] ?? 0) * inner;
      const axes = [
        { size: sizeOf(first.shape.slice(0, axis)), to: along * inner, from: width },
        { size: width, to: 1, from: 1 },
      ];
      copyAlong(backend, out.values, backend.array(info), axes, offset, 0);
      offset += width;
    }
    return out.info;
  },

  Tile: (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    const reps = attrs["reps"] as readonly number[];
    if (!fourBytes(x) || reps.length !== x.shape.length) return undefined;
    const out = like(
      backend,
      x,
      x.shape.map((size, axis) => size * (reps[axis] ?? 1)),
    );
    const [from, to] = [stridesOf(x.shape), stridesOf(out.info.shape)];
    const axes = x.shape.flatMap((size, axis) => [
      { size: reps[axis] ?? 1, to: size * (to[axis] ?? 1), from: 0 },
      { size, to: to[axis] ?? 1, from: from[axis] ?? 1 },
    ]);
    return filled(backend, out, x, axes);
  },

  PadV2: (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    const paddings = attrs["paddings"] as readonly (readonly [number, number])[];
    if (x.dtype !== "float32") return undefined;
    const shape = x.shape.map((size, axis) => size + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0));
    const out = backend.output(shape);
    backend.call("fill")(out.values, attrs["constantValue"] as number, out.values.length, 0);
    const to = stridesOf(shape);
    const offset = to.reduce((sum, step, axis) => sum + step * (paddings[axis]?.[0] ?? 0), 0);
    return filled(backend, out, x, sideBySide(x.shape, stridesOf(x.shape), to), offset);
  },
};

function fourBytes(info: TensorInfo): boolean {
  return info.dtype === "float32" || info.dtype === "int32";
}

function like(backend: CallBackend, x: TensorInfo, shape: readonly number[]): Output {
  return backend.outputAs([x], shape);
}

function upward(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

function sideBySide(
  shape: readonly number[],
  from: readonly number[],
  to: readonly number[],
): { size: number; to: number; from: number }[] {
  return shape.map((size, axis) => ({ size, to: to[axis] ?? 1, from: from[axis] ?? 1 }));
}

function part(backend: CallBackend, x: TensorInfo, begin: readonly number[], shape: readonly number[]): TensorInfo | undefined {
  const out = like(backend, x, shape);
  const from = stridesOf(x.shape);
  const offset = from.reduce((sum, step, axis) => sum + step * (begin[axis] ?? 0), 0);
  return filled(backend, out, x, sideBySide(shape, from, stridesOf(shape)), 0, offset);
}

/** Fills the output from x; where the copy has too many axes, gives it up for tfjs's kernel. */
function filled(
  backend: CallBackend,
  out: Output,
  x: TensorInfo,
  axes: readonly { size: number; to: number; from: number }[],
  offsetTo = 0,
  offsetFrom = 0,
): TensorInfo | undefined {
  if (copyAlong(backend, out.values, backend.array(x), axes, offsetTo, offsetFrom)) return out.info;
  backend.disposeData(out.info.dataId, true);
  return undefined;
}
