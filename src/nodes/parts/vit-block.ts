import type { Weights, WeightSpec } from "../../core/define-node.js";
import { attention } from "../../core/ops/attention.js";
import { layerNorm } from "../../core/ops/layer-norm.js";
import { linear } from "../../core/ops/linear.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { below, linearSpecs, normSpecs, scope } from "./weight-specs.js";
import type { LinearInit } from "./weight-specs.js";

/** Sizes of a plain vision transformer block. */
export interface VitSizes {
  readonly width: number;
  readonly heads: number;
  /** Width inside the MLP. */
  readonly inner: number;
  /** Of the layer norms. */
  readonly epsilon: number;
}

/** Weights of one block under the key names of ViT-MAE checkpoints. */
export function vitBlockSpecs(sizes: VitSizes, init: LinearInit): WeightSpec[] {
  const { width, inner } = sizes;
  return [
    ...below(
      "attention.attention",
      ["query", "key", "value"].flatMap((part) => linearSpecs(part, width, width, init)),
    ),
    ...linearSpecs("attention.output.dense", width, width, init),
    ...linearSpecs("intermediate.dense", width, inner, init),
    ...linearSpecs("output.dense", inner, width, init),
    ...normSpecs("layernorm_before", width, true),
    ...normSpecs("layernorm_after", width, true),
  ];
}

/** x + attention(norm x), then x + MLP(norm x) with exact GELU. x `[B,N,D]`. */
export function vitBlock(x: Tensor, weights: Weights, sizes: VitSizes): Tensor {
  // What the block makes on its way goes at its end, but for what a tape has saved.
  return tf.tidy(() => {
    const before = affineNorm(x, scope(weights, "layernorm_before"), sizes.epsilon);
    const packed = (kind: "weight" | "bias"): Tensor =>
      tf.concat(
        ["query", "key", "value"].map((part) => weights(`attention.attention.${part}.${kind}`)),
        0,
      );
    // One product of three times the width instead of three: the weights are small beside the tokens.
    const qkv = linear({ x: before, weight: packed("weight"), bias: packed("bias") }, { activation: "none" });
    const mixed = linear(of(attention({ qkv }, { heads: sizes.heads }), scope(weights, "attention.output.dense")), {
      activation: "none",
    });
    const middle = tf.add(x, mixed);
    const after = affineNorm(middle, scope(weights, "layernorm_after"), sizes.epsilon);
    const hidden = linear(of(after, scope(weights, "intermediate.dense")), { activation: "gelu" });
    return tf.add(middle, linear(of(hidden, scope(weights, "output.dense")), { activation: "none" }));
  });
}

/** Layer norm with this gain and bias. */
export function affineNorm(x: Tensor, weights: Weights, epsilon: number): Tensor {
  return layerNorm({ x, weight: weights("weight"), bias: weights("bias") }, { epsilon });
}

/** Operations of one block on `tokens` tokens. */
export function vitBlockFlops(sizes: VitSizes, tokens: number): number {
  return 2 * tokens * (4 * sizes.width ** 2 + 2 * sizes.width * sizes.inner + 2 * tokens * sizes.width);
}

/** Numbers that one block leaves for the backward pass. */
export function vitBlockActivations(sizes: VitSizes, tokens: number): number {
  return tokens * (9 * sizes.width + 2 * sizes.inner);
}

function of(x: Tensor, weights: Weights): { x: Tensor; weight: Tensor; bias: Tensor } {
  return { x, weight: weights("weight"), bias: weights("bias") };
}
