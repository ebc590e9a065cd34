import { defineOp } from "../define-op.js";
import { tf } from "../tensor.js";
import type { Tensor } from "../tensor.js";
import { silu } from "./silu.js";

/** silu(a) · b for u `[...,2m]` = a beside b (arXiv 2002.05202) -> `[...,m]`. */
export const swiglu = defineOp<"u", never, Record<never, never>>({
  kernel: "Swiglu",
  inputs: ["u"],
  expand: ({ u }) => {
    const [a, b] = halves(u);
    return tf.mul(silu({ x: a }, {}), b);
  },
  grad: (dy, { u }) => ({
    u: () => {
      const [a, b] = halves(u);
      const s = tf.sigmoid(a);
      const slope = tf.add(s, tf.mul(tf.mul(a, s), tf.sub(1, s)));
      return tf.concat([tf.mul(tf.mul(dy, b), slope), tf.mul(dy, tf.mul(a, s))], -1);
    },
  }),
});

function halves(u: Tensor): [Tensor, Tensor] {
  const [a, b] = tf.split(u, 2, -1);
  if (!a || !b) throw new Error("the last axis did not split in two");
  return [a, b];
}
