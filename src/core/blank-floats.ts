import { tf } from "./tensor.js";
import type { Tensor, TensorInfo } from "./tensor.js";

/** A backend that lends its own memory, so that large arrays are read into their place and not copied there. */
export interface LendsMemory {
  /** Memory for so many f32 numbers, with undefined contents. */
  lend(length: number): Float32Array;
  /** A tensor on memory that it has lent; it is the tensor's from now on. */
  adopt(values: Float32Array, shape: readonly number[]): TensorInfo;
}

/** Memory for a tensor on the backend of now, to be filled by the caller: zeros, or undefined numbers. */
export function blankFloats(length: number): Float32Array {
  return lender()?.lend(length) ?? new Float32Array(length);
}

/** A tensor on memory from `blankFloats`, which the caller must not touch any more. */
export function tensorOnFloats(values: Float32Array, shape: readonly number[]): Tensor {
  const info = lender()?.adopt(values, shape);
  return info ? tf.engine().makeTensorFromTensorInfo(info) : tf.tensor(values, [...shape], "float32");
}

function lender(): LendsMemory | undefined {
  const backend: object = tf.backend();
  return "lend" in backend && "adopt" in backend ? (backend as LendsMemory) : undefined;
}
