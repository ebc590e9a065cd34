import { tf } from "../../core/tensor.js";
import type { Tensor, TensorInfo } from "../../core/tensor.js";
import type { BaseKernels, CallBackend, CallKernel } from "../shared/call-backend.js";
import { resizing } from "../shared/kernels/image.js";
import { allFloat, sizeOf } from "../shared/shapes.js";

/** tfjs's kernels for which this backend alone has calls; the others are in shared/kernels. */
export const ownBaseKernels: BaseKernels = {
  GatherNd: (inputs, _attrs, backend) => {
    const { params, indices } = inputs as { params: TensorInfo; indices: TensorInfo };
    const [shape, rows, width, steps] = tf.backend_util.prepareAndValidate(params as Tensor, indices as Tensor);
    const served = params.dtype === "float32" || params.dtype === "int32";
    if (!served || indices.dtype !== "int32" || sizeOf(params.shape) === 0 || steps.length === 0) return undefined;
    const out = backend.outputLike(shape, params.dtype);
    const values = params.dtype === "float32" ? backend.f32(params) : backend.i32(params);
    const axes = [steps.length, ...params.shape.slice(0, steps.length), ...steps];
    backend.call("gatherNd")(out.values, values, backend.i32(indices), rows, width, ...axes);
    return out.info;
  },
  ResizeNearestNeighbor: (inputs, attrs, backend) => {
    const { images } = inputs as { images: TensorInfo };
    const [height, width] = attrs["size"] as [number, number];
    const [batch = 0, , , channels = 0] = images.shape;
    if (!allFloat(images) || sizeOf(images.shape) === 0) return undefined;
    const out = backend.output([batch, height, width, channels]);
    backend.call("resizeNearest")(out.values, ...nearest(images, images.shape, out.info.shape, attrs, backend));
    return out.info;
  },
  ResizeNearestNeighborGrad: (inputs, attrs, backend) => {
    const { dy, images } = inputs as { dy: TensorInfo; images: TensorInfo };
    // tfjs leaves half pixels out of this gradient.
    if (!allFloat(dy, images) || attrs["halfPixelCenters"] || sizeOf(dy.shape) === 0) return undefined;
    const out = backend.output(images.shape);
    backend.call("resizeNearestGrad")(out.values, ...nearest(dy, images.shape, dy.shape, attrs, backend));
    return out.info;
  },
};

function nearest(
  source: TensorInfo,
  from: readonly number[],
  to: readonly number[],
  attrs: Parameters<CallKernel<TensorInfo>>[1],
  backend: CallBackend,
): readonly [ReturnType<CallBackend["f32"]>, ...number[]] {
  return [backend.f32(source), ...resizing(from, to, attrs), Number(attrs["alignCorners"] === true)];
}
