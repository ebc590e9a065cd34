import { tf } from "../../../core/tensor.js";
import type { TensorInfo } from "../../../core/tensor.js";
import type { BaseKernels, CallBackend } from "../call-backend.js";
import { sizeOf } from "../shapes.js";

/** Kernels whose result is the same numbers under another shape, and those that give one number everywhere. */
export const aliasKernels: BaseKernels = {
  Identity: (inputs, _attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    return backend.alias(x, x.shape);
  },
  Reshape: (inputs, attrs, backend) => {
    const { x } = inputs as { x: TensorInfo };
    const shape = tf.util.inferFromImplicitShape(attrs["shape"] as number[], sizeOf(x.shape));
    return sizeOf(shape) === sizeOf(x.shape) ? backend.alias(x, shape) : undefined;
  },
  ExpandDims: (inputs, attrs, backend) => {
    const { input } = inputs as { input: TensorInfo };
    const dim = attrs["dim"] as number;
    const at = dim < 0 ? input.shape.length + dim + 1 : dim;
    if (at < 0 || at > input.shape.length) return undefined;
    return backend.alias(input, [...input.shape.slice(0, at), 1, ...input.shape.slice(at)]);
  },
  ZerosLike: (inputs, _attrs, backend) => filled(inputs["x"] as TensorInfo, 0, backend),
  OnesLike: (inputs, _attrs, backend) => filled(inputs["x"] as TensorInfo, 1, backend),
};

function filled(x: TensorInfo, value: number, backend: CallBackend): TensorInfo | undefined {
  if (x.dtype !== "float32" && x.dtype !== "int32") return undefined;
  const out = backend.outputLike(x.shape, x.dtype);
  backend.call("fill")(out.values, value, out.values.length, Number(x.dtype === "int32"));
  return out.info;
}
