import type { InnerTensor, Weights } from "../../core/define-node.js";
import type { Init, WeightSpec } from "../../core/weight-spec.js";
import { attention } from "../../core/ops/attention.js";
import { layerNorm } from "../../core/ops/layer-norm.js";
import { linear } from "../../core/ops/linear.js";
import type { Activation } from "../../core/ops/linear.js";
import { swiglu } from "../../core/ops/swiglu.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { largestOf } from "./largest.js";
import { linearSpecs, normSpecs, scope, weight } from "./weight-specs.js";
import type { LinearInit } from "./weight-specs.js";

/** Sizes of a plain vision transformer block, and its published form where it is not ViT-MAE's. */
export interface VitSizes {
  readonly width: number;
  readonly heads: number;
  /** Width inside the MLP. */
  readonly inner: number;
  /** Of the layer norms. */
  readonly epsilon: number;
  readonly names?: VitNames;
  /** Of the MLP; exact GELU by default. `swiglu` doubles the first layer's output. */
  readonly activation?: "gelu" | "gelu_tanh" | "swiglu";
  /** False leaves queries, keys and values without bias. */
  readonly qkvBias?: boolean;
  /** Where each branch's output is scaled per channel: how that scale starts. */
  readonly layerScale?: number;
}

/** Key names of a block's layers in its published checkpoints. */
export interface VitNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly out: string;
  readonly first: string;
  readonly second: string;
  readonly before: string;
  readonly after: string;
  /** Per-channel scales of the two branches, for blocks that have them. */
  readonly scales?: readonly [string, string];
}

const maeNames: VitNames = {
  query: "attention.attention.query",
  key: "attention.attention.key",
  value: "attention.attention.value",
  out: "attention.output.dense",
  first: "intermediate.dense",
  second: "output.dense",
  before: "layernorm_before",
  after: "layernorm_after",
};

/** Weights of one block by their published keys. */
export function vitBlockSpecs(sizes: VitSizes, linearInit: LinearInit): WeightSpec[] {
  const { width, inner, names = maeNames, qkvBias = true } = sizes;
  const start = sizes.layerScale ?? 1;
  const init: Init = start === 1 ? { kind: "ones" } : { kind: "table", values: () => new Float32Array(width).fill(start) };
  const scale = (i: 0 | 1): WeightSpec[] => (names.scales ? [weight(names.scales[i], [width], init)] : []);
  return [
    ...[names.query, names.key, names.value].flatMap((name) =>
      linearSpecs(name, width, width, linearInit).slice(0, qkvBias ? 2 : 1),
    ),
    ...linearSpecs(names.out, width, width, linearInit),
    ...linearSpecs(names.first, width, sizes.activation === "swiglu" ? 2 * inner : inner, linearInit),
    ...linearSpecs(names.second, inner, width, linearInit),
    ...normSpecs(names.before, width, true),
    ...normSpecs(names.after, width, true),
    ...scale(0),
    ...scale(1),
  ];
}

/** x + attention(norm x), then x + MLP(norm x), each branch scaled per channel where the block does so. x `[B,N,D]`. */
export function vitBlock(x: Tensor, weights: Weights, sizes: VitSizes): Tensor {
  const { names = maeNames, qkvBias = true } = sizes;
  // What the block makes on its way goes at its end, but for what a tape has saved.
  return tf.tidy(() => {
    const packed = (kind: "weight" | "bias"): Tensor =>
      tf.concat(
        [names.query, names.key, names.value].map((name) => weights(`${name}.${kind}`)),
        0,
      );
    const branch = (y: Tensor, i: 0 | 1): Tensor => (names.scales ? tf.mul(y, weights(names.scales[i])) : y);
    const before = affineNorm(x, scope(weights, names.before), sizes.epsilon);
    // One product of three times the width instead of three: the weights are small beside the tokens.
    const qkv = linear(
      { x: before, weight: packed("weight"), bias: qkvBias ? packed("bias") : undefined },
      { activation: "none" },
    );
    const mixed = layer(attention({ qkv }, { heads: sizes.heads }), scope(weights, names.out));
    const middle = tf.add(x, branch(mixed, 0));
    const after = affineNorm(middle, scope(weights, names.after), sizes.epsilon);
    const first = scope(weights, names.first);
    const { activation = "gelu" } = sizes;
    const hidden = activation === "swiglu" ? swiglu({ u: layer(after, first) }, {}) : layer(after, first, activation);
    return tf.add(middle, branch(layer(hidden, scope(weights, names.second)), 1));
  });
}

/** Layer norm with this gain and bias. */
export function affineNorm(x: Tensor, weights: Weights, epsilon: number): Tensor {
  return layerNorm({ x, weight: weights("weight"), bias: weights("bias") }, { epsilon });
}

/** Operations of one block on `tokens` tokens. */
export function vitBlockFlops(sizes: VitSizes, tokens: number): number {
  return 2 * tokens * (4 * sizes.width ** 2 + mlpLayers(sizes) * sizes.width * sizes.inner + 2 * tokens * sizes.width);
}

/** Numbers that one block leaves for the backward pass. */
export function vitBlockActivations(sizes: VitSizes, tokens: number): number {
  return tokens * ((sizes.names?.scales ? 11 : 9) * sizes.width + mlpLayers(sizes) * sizes.inner);
}

/** The largest tensor of one block, without the batch's axis. */
export function vitBlockLargest(sizes: VitSizes, tokens: number): InnerTensor {
  return largestOf([
    { what: "queries, keys and values of a block", shape: [tokens, 3 * sizes.width] },
    { what: "the first layer of a block's MLP", shape: [tokens, (mlpLayers(sizes) - 1) * sizes.inner] },
  ]);
}

function mlpLayers(sizes: VitSizes): number {
  return sizes.activation === "swiglu" ? 3 : 2;
}

function layer(x: Tensor, weights: Weights, activation: Activation = "none"): Tensor {
  return linear({ x, weight: weights("weight"), bias: weights("bias") }, { activation });
}
