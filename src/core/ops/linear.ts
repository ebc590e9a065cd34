import { defineOp } from "../define-op.js";
import { tf } from "../tensor.js";
import type { Tensor } from "../tensor.js";
import { gelu } from "./gelu.js";
import { silu } from "./silu.js";

export type Activation = "none" | "gelu" | "gelu_tanh" | "silu";

const plain = defineOp<"x" | "weight", "bias", { activation: Activation }>({
  kernel: "Linear",
  inputs: ["x", "weight"],
  optional: ["bias"],
  expand({ x, weight, bias }, { activation }) {
    const product = tf.matMul(rows(x), weight as Tensor2, false, true);
    const y = tf.reshape(bias ? tf.add(product, bias) : product, [...x.shape.slice(0, -1), weight.shape[0] ?? 0]);
    return activate(y, activation);
  },
  grad: (dy, { x, weight }) => ({
    x: () => tf.reshape(tf.matMul(rows(dy), weight as Tensor2), x.shape),
    weight: () => tf.matMul(rows(dy), rows(x), true, false),
    bias: () => tf.sum(rows(dy), 0),
  }),
});

/**
 * x·Wᵀ + b and, if asked, an activation. x `[...,K]`, weight `[N,K]` as PyTorch stores it, bias `[N]`. Under a gradient tape the
 * activation is an op of its own, because its derivative needs what comes before it.
 */
export function linear(inputs: Parameters<typeof plain>[0], attrs: { activation: Activation }): Tensor {
  if (attrs.activation === "none" || tf.engine().state.gradientDepth === 0) return plain(inputs, attrs);
  return activate(plain(inputs, { activation: "none" }), attrs.activation);
}

linear.def = plain.def;

function activate(y: Tensor, activation: Activation): Tensor {
  if (activation === "none") return y;
  if (activation === "silu") return silu({ x: y }, {});
  return gelu({ x: y }, { form: activation === "gelu" ? "erf" : "tanh" });
}

type Tensor2 = ReturnType<typeof rows>;

/** All axes but the last as one. */
function rows(x: Tensor): ReturnType<typeof tf.tensor2d> {
  return tf.reshape(x, [-1, x.shape.at(-1) ?? 0]);
}
