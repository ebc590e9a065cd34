import { tf } from "../../core/tensor.js";
import type { HostArray, Tensor } from "../../core/tensor.js";

/** Values of the sources by node and port. */
export type Packets = ReadonlyMap<string, Readonly<Record<string, HostArray>>>;

/** A host array on the device. */
export function upload(array: HostArray): Tensor {
  return tf.tensor(array.data, [...array.shape], array.dtype === "f32" ? "float32" : "int32");
}

/** A tensor's numbers in host memory, in a copy of their own. */
export async function fetch(tensor: Tensor): Promise<HostArray> {
  const data = await tensor.data();
  if (tensor.dtype === "int32") return { dtype: "i32", shape: tensor.shape, data: new Int32Array(data) };
  return { dtype: "f32", shape: tensor.shape, data: new Float32Array(data) };
}
