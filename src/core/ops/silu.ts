import { defineOp } from "../define-op.js";
import { tf } from "../tensor.js";

/** x · sigmoid(x). */
export const silu = defineOp<"x", never, Record<never, never>>({
  kernel: "Silu",
  inputs: ["x"],
  expand: ({ x }) => tf.mul(x, tf.sigmoid(x)),
  grad: (dy, { x }) => ({
    x: () => {
      const s = tf.sigmoid(x);
      return tf.mul(dy, tf.add(s, tf.mul(tf.mul(x, s), tf.sub(1, s))));
    },
  }),
});
