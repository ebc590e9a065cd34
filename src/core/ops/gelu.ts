import { defineOp } from "../define-op.js";
import { tf } from "../tensor.js";
import type { Tensor } from "../tensor.js";

/** sqrt(2/π) and the cubic term of the tanh form. */
const slope = Math.sqrt(2 / Math.PI);
const cubic = 0.044715;

/** The Gaussian error linear unit (arXiv 1606.08415): x·Φ(x) exactly (erf), or its tanh form. */
export const gelu = defineOp<"x", never, { form: "erf" | "tanh" }>({
  kernel: "Gelu",
  inputs: ["x"],
  expand: ({ x }, { form }) =>
    tf.mul(tf.mul(x, 0.5), tf.add(form === "erf" ? tf.erf(tf.mul(x, Math.SQRT1_2)) : tf.tanh(inner(x)), 1)),
  grad: (dy, { x }, { form }) => ({ x: () => tf.mul(dy, form === "erf" ? erfSlope(x) : tanhSlope(x)) }),
});

function inner(x: Tensor): Tensor {
  return tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), cubic)), slope);
}

/** Φ(x) + x·φ(x). */
function erfSlope(x: Tensor): Tensor {
  const distribution = tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
  const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return tf.add(distribution, tf.mul(x, density));
}

function tanhSlope(x: Tensor): Tensor {
  const t = tf.tanh(inner(x));
  const innerSlope = tf.mul(tf.add(tf.mul(tf.square(x), 3 * cubic), 1), slope);
  const rise = tf.mul(tf.mul(tf.mul(x, 0.5), tf.sub(1, tf.square(t))), innerSlope);
  return tf.add(tf.mul(tf.add(t, 1), 0.5), rise);
}
