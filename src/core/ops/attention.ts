import { defineOp } from "../define-op.js";
import { tf } from "../tensor.js";
import type { Tensor } from "../tensor.js";

/**
 * Multi-head self-attention softmax(q·kᵀ/√d)·v. qkv `[B,N,3D]` holds q, k, v beside each other, each head after head; cos and sin
 * `[N,D/heads]` rotate q and k by position (RoPE, arXiv 2104.09864, adjacent pairs). Gives `[B,N,D]`.
 */
export const attention = defineOp<"qkv", "cos" | "sin", { heads: number }>({
  kernel: "Attention",
  inputs: ["qkv"],
  optional: ["cos", "sin"],
  expand: ({ qkv, cos, sin }, { heads }) => {
    const { q, k, v } = project(qkv, cos, sin, heads);
    return joinHeads(tf.matMul(scores(q, k), v));
  },
  grad: (dy, { qkv, cos, sin }, { heads }) => ({
    qkv: () => {
      const { q, k, v } = project(qkv, cos, sin, heads);
      const p = scores(q, k);
      const dOut = splitHeads(dy, heads);
      const dp = tf.matMul(dOut, v, false, true);
      const ds = tf.mul(tf.mul(p, tf.sub(dp, tf.sum(tf.mul(dp, p), -1, true))), 1 / Math.sqrt(q.shape[3] ?? 1));
      const dq = turnBack(tf.matMul(ds, k), cos, sin);
      const dk = turnBack(tf.matMul(ds, q, true, false), cos, sin);
      const dv = tf.matMul(p, dOut, true, false);
      return tf.concat([dq, dk, dv].map(joinHeads), -1);
    },
    // The tables are constants.
    cos: () => tf.zerosLike(cos ?? qkv),
    sin: () => tf.zerosLike(sin ?? qkv),
  }),
});

function project(
  qkv: Tensor,
  cos: Tensor | undefined,
  sin: Tensor | undefined,
  heads: number,
): { q: Tensor; k: Tensor; v: Tensor } {
  const [q, k, v] = tf.split(qkv, 3, -1).map((part) => splitHeads(part, heads));
  if (!q || !k || !v) throw new Error("qkv did not split in three");
  return cos && sin ? { q: turn(q, cos, sin), k: turn(k, cos, sin), v } : { q, k, v };
}

function scores(q: Tensor, k: Tensor): Tensor {
  return tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(q.shape[3] ?? 1)));
}

/** `[B,N,D]` -> `[B,K,N,D/K]`. */
function splitHeads(x: Tensor, heads: number): Tensor {
  const [B = 0, N = 0, D = 0] = x.shape;
  return tf.transpose(tf.reshape(x, [B, N, heads, D / heads]), [0, 2, 1, 3]);
}

/** `[B,K,N,d]` -> `[B,N,K·d]`. */
function joinHeads(x: Tensor): Tensor {
  const [B = 0, K = 0, N = 0, d = 0] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [B, N, K * d]);
}

/** x·cos + R(x)·sin, where R maps each adjacent pair (a, b) to (−b, a). */
function turn(x: Tensor, cos: Tensor, sin: Tensor): Tensor {
  return tf.add(tf.mul(x, cos), tf.mul(quarter(x), sin));
}

/** The transpose of `turn`, for gradients. */
function turnBack(dy: Tensor, cos: Tensor | undefined, sin: Tensor | undefined): Tensor {
  return cos && sin ? tf.sub(tf.mul(dy, cos), quarter(tf.mul(dy, sin))) : dy;
}

/** R as a product with a signed permutation: on most backends far faster than cutting out every second number. */
function quarter(x: Tensor): Tensor {
  const width = x.shape.at(-1) ?? 0;
  const turned = new Float32Array(width * width);
  for (let pair = 0; pair < width; pair += 2) {
    turned[(pair + 1) * width + pair] = -1;
    turned[pair * width + pair + 1] = 1;
  }
  return tf.reshape(tf.matMul(tf.reshape(x, [-1, width]), tf.tensor2d(turned, [width, width])), x.shape);
}
