import { defineOp } from "../define-op.js";
import { tf } from "../tensor.js";
import type { Tensor } from "../tensor.js";
import { sumTo } from "./sum-to.js";

/** (x − mean) / sqrt(variance + epsilon) over the last axis (population variance), then · weight + bias where given. */
export const layerNorm = defineOp<"x", "weight" | "bias", { epsilon: number }>({
  kernel: "LayerNorm",
  inputs: ["x"],
  optional: ["weight", "bias"],
  expand: ({ x, weight, bias }, { epsilon }) => {
    const { normed } = normalise(x, epsilon);
    const scaled = weight ? tf.mul(normed, weight) : normed;
    return bias ? tf.add(scaled, bias) : scaled;
  },
  grad: (dy, { x, weight, bias }, { epsilon }) => ({
    x: () => {
      const { normed, inverse } = normalise(x, epsilon);
      const pull = weight ? tf.mul(dy, weight) : dy;
      const along = tf.mul(normed, tf.mean(tf.mul(pull, normed), -1, true));
      return tf.mul(inverse, tf.sub(tf.sub(pull, tf.mean(pull, -1, true)), along));
    },
    weight: () => sumTo(tf.mul(dy, normalise(x, epsilon).normed), weight?.shape ?? []),
    bias: () => sumTo(dy, bias?.shape ?? []),
  }),
});

function normalise(x: Tensor, epsilon: number): { normed: Tensor; inverse: Tensor } {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  return { normed: tf.mul(centred, inverse), inverse };
}
