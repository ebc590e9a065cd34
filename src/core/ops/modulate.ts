import { defineOp } from "../define-op.js";
import { tf } from "../tensor.js";
import { sumTo } from "./sum-to.js";

/**
 * Conditions tokens on time and class: x · (1 + scale) + shift (adaLN, arXiv 2212.09748). x `[B,N,D]`; shift and scale `[B,T,D]`
 * with T = 1, the same for every token, or T = N.
 */
export const modulate = defineOp<"x" | "scale", "shift", Record<never, never>>({
  kernel: "Modulate",
  inputs: ["x", "scale"],
  optional: ["shift"],
  expand: ({ x, shift, scale }) => {
    const scaled = tf.mul(x, tf.add(scale, 1));
    return shift ? tf.add(scaled, shift) : scaled;
  },
  grad: (dy, { x, scale }) => ({
    x: () => tf.mul(dy, tf.add(scale, 1)),
    scale: () => sumTo(tf.mul(dy, x), scale.shape),
    shift: () => sumTo(dy, scale.shape),
  }),
});
