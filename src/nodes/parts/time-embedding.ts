import type { Weights } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { linear } from "../../core/ops/linear.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { frozen, linearSpecs, normalWeight } from "./weight-specs.js";
import type { LinearInit } from "./weight-specs.js";

/** Random frequencies of the Gaussian Fourier features; sines and cosines of them make twice as many numbers. */
const frequencies = 256;

/** Keys `W`, `mlp.0`, `mlp.2` of the time embedding at this width; `rest` gives the biases' start. */
export function timeEmbeddingSpecs(width: number, rest: LinearInit): WeightSpec[] {
  const init = normalWeight(0.02, rest);
  return [
    frozen("W", [frequencies], { kind: "normal", std: 1 }),
    ...linearSpecs("mlp.0", 2 * frequencies, width, init),
    ...linearSpecs("mlp.2", width, width, init),
  ];
}

/** Gaussian Fourier features of t `[B]` (0 data, 1 noise), then two linear layers with SiLU between: `[B,D]`. */
export function timeEmbedding(t: Tensor, weights: Weights): Tensor {
  // In the published order: another one rounds angles of 20 turns otherwise, which adaptive samplers magnify.
  const angle = tf.mul(tf.mul(tf.expandDims(t, 1), tf.expandDims(weights("W"), 0)), 2 * Math.PI);
  const features = tf.concat([tf.sin(angle), tf.cos(angle)], 1);
  const hidden = linear({ x: features, weight: weights("mlp.0.weight"), bias: weights("mlp.0.bias") }, { activation: "silu" });
  return linear({ x: hidden, weight: weights("mlp.2.weight"), bias: weights("mlp.2.bias") }, { activation: "none" });
}
