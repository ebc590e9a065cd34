import { tf } from "../../core/tensor.js";
import type { HostArray, Tensor } from "../../core/tensor.js";

/** Numbers nested by axis, as people write them. */
export type Nested = number | readonly Nested[];

/** Nested numbers as a host array. */
export function toHostArray(values: Nested | HostArray, dtype: "f32" | "i32"): HostArray {
  if (isHostArray(values)) return values;
  const numbers = flatten(values);
  return { dtype, shape: shapeOf(values), data: dtype === "f32" ? Float32Array.from(numbers) : Int32Array.from(numbers) };
}

/** Nested numbers as a tensor. */
export function toTensor(values: Nested | HostArray, dtype: "f32" | "i32"): Tensor {
  const array = toHostArray(values, dtype);
  return tf.tensor(
    dtype === "i32" ? Int32Array.from(array.data) : array.data,
    [...array.shape],
    dtype === "i32" ? "int32" : "float32",
  );
}

/** A tensor as nested numbers. */
export async function toNested(tensor: Tensor): Promise<Nested> {
  return nest([...(await tensor.data())], tensor.shape);
}

function isHostArray(values: Nested | HostArray): values is HostArray {
  return typeof values === "object" && "data" in values;
}

function shapeOf(values: Nested): number[] {
  return typeof values === "number" ? [] : [values.length, ...(values[0] === undefined ? [] : shapeOf(values[0]))];
}

function flatten(values: Nested): number[] {
  return typeof values === "number" ? [values] : values.flatMap(flatten);
}

function nest(values: readonly number[], shape: readonly number[]): Nested {
  const [size, ...rest] = shape;
  if (size === undefined) return values[0] ?? NaN;
  const stride = values.length / size;
  return Array.from({ length: size }, (_, i) => nest(values.slice(i * stride, (i + 1) * stride), rest));
}
