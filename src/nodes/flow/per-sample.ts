import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";

/** One number a sample, `[B]`, shaped to multiply each sample of `like` `[B,...]`. */
export function perSample(values: Tensor, like: Tensor): Tensor {
  return tf.reshape(values, [like.shape[0] ?? 0, ...like.shape.slice(1).map(() => 1)]);
}
