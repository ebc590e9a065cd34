import { tf } from "../tensor.js";
import type { Tensor } from "../tensor.js";
import { saved } from "./rules.js";
import type { GradientRule } from "./rules.js";

type Attrs = Readonly<Record<string, unknown>>;

/** dy with a 1 for each axis that the reduction over `axis` took away. */
function widened(dy: Tensor, x: Tensor, attrs: Attrs): Tensor {
  const axes = tf.util.parseAxisParam((attrs["axis"] ?? attrs["reductionIndices"] ?? null) as number[], x.shape);
  return tf.reshape(
    dy,
    x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  );
}

/** Rules of kernels that add up, compare or multiply whole axes. */
export const reduceRules: readonly GradientRule[] = [
  {
    kernel: "Sum",
    inputs: ["x"],
    pull: (dy, s, attrs) => ({ x: () => tf.broadcastTo(widened(dy, saved(s, 0), attrs), saved(s, 0).shape) }),
  },
  {
    kernel: "Mean",
    inputs: ["x"],
    pull: (dy, s, attrs) => ({
      x: () => {
        const x = saved(s, 0);
        return tf.broadcastTo(tf.mul(widened(dy, x, attrs), dy.size / x.size), x.shape);
      },
    }),
  },
  ...["Max", "Min"].map((kernel): GradientRule => ({
    kernel,
    inputs: ["x"],
    outputs: true,
    pull: (dy, s, attrs) => ({
      x: () => {
        const x = saved(s, 0);
        return tf.mul(widened(dy, x, attrs), tf.cast(tf.equal(x, widened(saved(s, 1), x, attrs)), "float32"));
      },
    }),
  })),
  {
    kernel: "Softmax",
    outputs: true,
    pull: (dy, s) => ({
      logits: () => {
        const y = saved(s, 0);
        const scaled = tf.mul(dy, y);
        return tf.sub(scaled, tf.mul(tf.sum(scaled, -1, true), y));
      },
    }),
  },
  {
    kernel: "LogSoftmax",
    outputs: true,
    pull: (dy, s) => ({ logits: () => tf.sub(dy, tf.mul(tf.sum(dy, -1, true), tf.exp(saved(s, 0)))) }),
  },
  {
    kernel: "Cumsum",
    pull: (dy, _s, attrs) => ({
      x: () => tf.cumsum(dy, attrs["axis"] as number, attrs["exclusive"] as boolean, !attrs["reverse"]),
    }),
  },
  { kernel: "BatchMatMul", inputs: ["a", "b"], pull: (dy, s, attrs) => productPulls(dy, saved(s, 0), saved(s, 1), attrs) },
];

/** y = op(a)·op(b): da = dy·op(b)ᵀ and db = op(a)ᵀ·dy, each turned back where the input was transposed. */
function productPulls(dy: Tensor, a: Tensor, b: Tensor, attrs: Attrs): Record<string, () => Tensor> {
  const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
  return {
    a: () => toBatch(transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB), a),
    b: () => toBatch(transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false), b),
  };
}

/** A factor that was broadcast over the batch gets the sum of its pulls. */
function toBatch(pull: Tensor, like: Tensor): Tensor {
  const axes = like.shape.slice(0, -2).flatMap((size, axis) => (size === 1 && pull.shape[axis] !== 1 ? [axis] : []));
  return axes.length > 0 ? tf.sum(pull, axes, true) : pull;
}
