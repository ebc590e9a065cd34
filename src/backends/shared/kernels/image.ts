import { tf } from "../../../core/tensor.js";
import type { TensorInfo } from "../../../core/tensor.js";
import type { BaseKernels, CallKernel, KernelAttrs } from "../call-backend.js";
import { allFloat, sameShape, sizeOf } from "../shapes.js";

/** A window's sizes as tfjs computes them. */
type Sizes = ReturnType<typeof tf.backend_util.computeConv2DInfo>;
type Four = [number, number, number, number];

interface PoolAttrs {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: "valid" | "same" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** Convolution, mean pooling and bilinear resizing of channels-last images, with their gradients. */
export const imageKernels: BaseKernels = {
  Conv2D: (inputs, attrs, backend) => {
    const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
    const sizes = convolution(x.shape, filter.shape, attrs);
    if (!allFloat(x, filter) || !sizes) return undefined;
    const out = backend.output(sizes.outShape);
    backend.call("conv2d")(out.values, backend.f32(x), backend.f32(filter), ...numbers(sizes), Number(backend.bf16));
    return out.info;
  },
  Conv2DBackpropFilter: (inputs, attrs, backend) => {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
    const shape = attrs["filterShape"] as Four;
    const sizes = convolution(x.shape, shape, attrs);
    if (!allFloat(x, dy) || !sizes || !sameShape(dy.shape, sizes.outShape)) return undefined;
    const out = backend.output(shape);
    backend.call("conv2dFilterGrad")(out.values, backend.f32(x), backend.f32(dy), ...numbers(sizes), Number(backend.bf16));
    return out.info;
  },
  Conv2DBackpropInput: (inputs, attrs, backend) => {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
    const shape = attrs["inputShape"] as Four;
    const sizes = convolution(shape, filter.shape, attrs);
    if (!allFloat(dy, filter) || !sizes || !sameShape(dy.shape, sizes.outShape)) return undefined;
    const out = backend.output(shape);
    backend.call("conv2dInputGrad")(out.values, backend.f32(dy), backend.f32(filter), ...numbers(sizes), Number(backend.bf16));
    return out.info;
  },

  AvgPool: (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    if (!allFloat(x)) return undefined;
    const sizes = pooling(x.shape, attrs);
    // A window of one pixel gives the image itself, in tfjs even where padding moves it.
    if (sizes.filterHeight * sizes.filterWidth === 1 && sameShape(sizes.inShape, sizes.outShape)) return undefined;
    const out = backend.output(sizes.outShape);
    backend.call("avgPool")(out.values, backend.f32(x), ...numbers(sizes));
    return out.info;
  },
  AvgPoolGrad: (inputs, attrs, backend) => {
    const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
    const sizes = pooling(input.shape, attrs);
    if (!allFloat(dy, input) || !sameShape(dy.shape, sizes.outShape)) return undefined;
    const out = backend.output(input.shape);
    backend.call("avgPoolGrad")(out.values, backend.f32(dy), ...numbers(sizes));
    return out.info;
  },

  ResizeBilinear: (inputs, attrs, backend) => {
    const { images } = inputs as { images: TensorInfo };
    const [height, width] = attrs["size"] as [number, number];
    const [batch = 0, , , channels = 0] = images.shape;
    if (!allFloat(images) || sizeOf(images.shape) === 0) return undefined;
    const out = backend.output([batch, height, width, channels]);
    backend.call("resize")(out.values, backend.f32(images), ...resizing(images.shape, out.info.shape, attrs));
    return out.info;
  },
  ResizeBilinearGrad: resizeGradient,
};

/** tfjs's cpu kernel leaves half pixels out of the gradient, so they are not served here either. */
function resizeGradient(...[inputs, attrs, backend]: Parameters<CallKernel<TensorInfo>>): TensorInfo | undefined {
  const { dy, images } = inputs as { dy: TensorInfo; images: TensorInfo };
  if (!allFloat(dy, images) || attrs["halfPixelCenters"]) return undefined;
  const out = backend.output(images.shape);
  backend.call("resizeGrad")(out.values, backend.f32(dy), ...resizing(images.shape, dy.shape, attrs));
  return out.info;
}

/** Undefined for channels first and for filters that see a part of the channels. */
function convolution(x: readonly number[], filter: readonly number[], attrs: KernelAttrs): Sizes | undefined {
  if (attrs["dataFormat"] !== "NHWC" || x[3] !== filter[2] || sizeOf(x) === 0) return undefined;
  return tf.backend_util.computeConv2DInfo(
    [...x] as Four,
    [...filter] as Four,
    attrs["strides"] as [number, number],
    (attrs["dilations"] as [number, number] | undefined) ?? 1,
    attrs["pad"] as "same",
    attrs["dimRoundingMode"] as "floor",
  );
}

function pooling(x: readonly number[], attrs: KernelAttrs): Sizes {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttrs;
  return tf.backend_util.computePool2DInfo([...x] as Four, filterSize, strides, 1, pad, dimRoundingMode);
}

/** As `Window` in cc/kern/image.h reads them. */
function numbers(s: Sizes): readonly number[] {
  const image = [s.batchSize, s.inHeight, s.inWidth, s.inChannels, s.outHeight, s.outWidth, s.outChannels];
  const filter = [s.filterHeight, s.filterWidth, s.strideHeight, s.strideWidth, s.dilationHeight, s.dilationWidth];
  return [...image, ...filter, s.padInfo.top, s.padInfo.left];
}

/** Sizes, and the steps in the original for one step in the resized image. */
export function resizing(from: readonly number[], to: readonly number[], attrs: KernelAttrs): readonly number[] {
  const corners = attrs["alignCorners"] === true;
  const scale = (axis: 1 | 2): number => {
    const [before, after] = [from[axis] ?? 0, to[axis] ?? 0];
    return corners && after > 1 ? (before - 1) / (after - 1) : before / after;
  };
  return [...from, to[1] ?? 0, to[2] ?? 0, scale(1), scale(2), Number(attrs["halfPixelCenters"] === true)];
}
