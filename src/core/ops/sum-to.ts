import { tf } from "../tensor.js";
import type { Tensor } from "../tensor.js";

/** Adds up what broadcasting repeated: one value that served many places gets the sum of their pulls. */
export function sumTo(gradient: Tensor, shape: readonly number[]): Tensor {
  const extra = gradient.rank - shape.length;
  const axes = gradient.shape.flatMap((size, axis) => (axis < extra || (shape[axis - extra] === 1 && size !== 1) ? [axis] : []));
  return axes.length === 0 ? gradient : tf.reshape(tf.sum(gradient, axes), [...shape]);
}
