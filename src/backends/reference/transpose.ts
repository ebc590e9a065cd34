import type { NumericDataType, TypedArray } from "@tensorflow/tfjs-core";

import { tf } from "../../core/tensor.js";
import type { KernelConfig, TensorInfo } from "../../core/tensor.js";

/** What tfjs's plain backend is to its kernels. */
interface PlainBackend {
  readonly data: { get(id: object): { readonly values: TypedArray } };
  makeTensorInfo(shape: number[], dtype: NumericDataType, values: TypedArray): TensorInfo;
}

/**
 * Axes in another order. tfjs's own kernel makes a list of places for each number, which took most of the time of a network with
 * convolutions.
 */
export const transpose: KernelConfig["kernelFunc"] = ({ inputs, attrs, backend }) => {
  const { dataId, dtype, shape } = inputs["x"] as TensorInfo;
  const { perm } = attrs as unknown as { readonly perm: readonly number[] };
  const plain = backend as PlainBackend;
  const steps = [...tf.util.computeStrides(shape), 1];
  const turned = perm.map((axis) => shape[axis] ?? 1);
  const { values } = plain.data.get(dataId);
  const places = perm.map((axis) => steps[axis] ?? 1);
  return plain.makeTensorInfo(turned, dtype as NumericDataType, permuted(values, turned, places));
};

/** Numbers in the order of a shape whose axes lie `steps` apart in what is given. */
function permuted(from: TypedArray, shape: readonly number[], steps: readonly number[]): TypedArray {
  const to = from.slice();
  const [last = 1, step = 1] = [shape.at(-1), steps.at(-1)];
  const outer = shape.slice(0, -1);
  const place = outer.map(() => 0);
  let start = 0;
  for (let at = 0; at < to.length;) {
    for (let i = 0; i < last; i++) to[at++] = from[start + i * step] ?? 0;
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      start += steps[axis] ?? 0;
      place[axis] = (place[axis] ?? 0) + 1;
      if (place[axis] !== outer[axis]) break;
      start -= (steps[axis] ?? 0) * (outer[axis] ?? 0);
      place[axis] = 0;
    }
  }
  return to;
}
