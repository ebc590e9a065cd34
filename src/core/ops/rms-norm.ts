import { defineOp } from "../define-op.js";
import { tf } from "../tensor.js";
import type { Tensor } from "../tensor.js";
import { sumTo } from "./sum-to.js";

/** x / sqrt(mean(x²) + epsilon) · weight over the last axis (arXiv 1910.07467). x `[...,D]`, weight `[D]`. */
export const rmsNorm = defineOp<"x" | "weight", never, { epsilon: number }>({
  kernel: "RmsNorm",
  inputs: ["x", "weight"],
  expand: ({ x, weight }, { epsilon }) => tf.mul(tf.mul(x, inverse(x, epsilon)), weight),
  grad: (dy, { x, weight }, { epsilon }) => ({
    x: () => {
      const r = inverse(x, epsilon);
      const pull = tf.mul(dy, weight);
      const along = tf.mean(tf.mul(pull, x), -1, true);
      return tf.mul(r, tf.sub(pull, tf.mul(x, tf.mul(tf.square(r), along))));
    },
    weight: () => sumTo(tf.mul(dy, tf.mul(x, inverse(x, epsilon))), weight.shape),
  }),
});

function inverse(x: Tensor, epsilon: number): Tensor {
  return tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
}
