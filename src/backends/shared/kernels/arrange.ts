import type { TensorInfo } from "../../../core/tensor.js";
import { tf } from "../../../core/tensor.js";
import type { BaseKernels, KernelInputs } from "../call-backend.js";
import { sameShape, sizeOf } from "../shapes.js";
import { copyAlong, stridesOf } from "./strided.js";

/** More kernels that only move numbers (float32 and int32): stacks, mirror images and blocks of depth. */
export const arrangeKernels: BaseKernels = {
  Pack: (inputs, attrs, backend) => {
    const list = Object.values(inputs as KernelInputs);
    const [first] = list;
    const served =
      first && list.every((info) => fourBytes(info) && info.dtype === first.dtype && sameShape(info.shape, first.shape));
    if (!served) return undefined;
    const { outer, inner, axis } = around(first.shape, attrs["axis"] as number, first.shape.length + 1);
    const out = backend.outputAs(list, first.shape.toSpliced(axis, 0, list.length));
    list.forEach((info, i) => {
      const axes = [
        { size: outer, to: inner * list.length, from: inner },
        { size: inner, to: 1, from: 1 },
      ];
      copyAlong(backend, out.values, backend.array(info), axes, i * inner, 0);
    });
    return out.info;
  },

  Unpack: (inputs, attrs, backend) => {
    const { value } = inputs as { value: TensorInfo };
    if (!fourBytes(value) || value.shape.length === 0) return undefined;
    const { outer, inner, axis } = around(value.shape, attrs["axis"] as number, value.shape.length, 1);
    const count = value.shape[axis] ?? 0;
    return Array.from({ length: count }, (_, i) => {
      const out = backend.outputAs([value], value.shape.toSpliced(axis, 1));
      const axes = [
        { size: outer, to: inner, from: inner * count },
        { size: inner, to: 1, from: 1 },
      ];
      copyAlong(backend, out.values, backend.array(value), axes, 0, i * inner);
      return out.info;
    });
  },

  Reverse: (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    if (!fourBytes(x) || x.shape.length === 0 || x.shape.length > 6) return undefined;
    const turned = new Set(tf.util.parseAxisParam(attrs["dims"] as number[], [...x.shape]));
    const out = backend.outputAs([x], x.shape);
    const steps = stridesOf(x.shape);
    const axes = x.shape.map((size, axis) => {
      const step = steps[axis] ?? 1;
      return { size, to: step, from: turned.has(axis) ? -step : step };
    });
    const last = axes.reduce((sum, { size, from }) => sum + (from < 0 ? (size - 1) * -from : 0), 0);
    copyAlong(backend, out.values, backend.array(x), axes, 0, last);
    return out.info;
  },

  DepthToSpace: (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    const block = attrs["blockSize"] as number;
    const [batch = 0, height = 0, width = 0, depth = 0] = x.shape;
    const channels = depth / (block * block);
    if (!fourBytes(x) || attrs["dataFormat"] !== "NHWC" || !Number.isInteger(channels)) return undefined;
    const out = backend.outputAs([x], [batch, height * block, width * block, channels]);
    // Rows of images are axis 0, then the rows of a block, the columns, and a row of a block with its channels, which touch.
    const axes = [
      { size: batch * height, to: width * depth, from: width * depth },
      { size: block, to: width * block * channels, from: block * channels },
      { size: width, to: block * channels, from: depth },
      { size: block * channels, to: 1, from: 1 },
    ];
    copyAlong(backend, out.values, backend.array(x), axes);
    return out.info;
  },
};

function fourBytes(info: TensorInfo): boolean {
  return info.dtype === "float32" || info.dtype === "int32";
}

/** How many numbers lie around the axis; `taken` is 1 where the axis is one of the shape's own. */
function around(
  shape: readonly number[],
  axis: number,
  rank: number,
  taken = 0,
): { readonly outer: number; readonly inner: number; readonly axis: number } {
  const place = axis < 0 ? axis + rank : axis;
  return { outer: sizeOf(shape.slice(0, place)), inner: sizeOf(shape.slice(place + taken)), axis: place };
}
