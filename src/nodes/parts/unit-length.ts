import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";

/** x / (‖x‖ + 1e-10) over the last axis, as LPIPS (arXiv 1801.03924) does; a vector of zeros stays one. */
export function unitLength(x: Tensor): Tensor {
  // The root has no slope at zero, where a feature map may be silent.
  const length = tf.sqrt(tf.maximum(tf.sum(tf.square(x), -1, true), 1e-20));
  return tf.div(x, tf.add(length, 1e-10));
}
