import type { Weights } from "../../core/define-node.js";
import { linear } from "../../core/ops/linear.js";
import { patchify } from "../../core/ops/patchify.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";

/**
 * A p×p convolution of stride p, as published checkpoints store it (`weight [D,C,p,p]`), run as one matrix product.
 * x `[B,H,W,C]` -> tokens `[B,N,D]`, row by row.
 */
export function patchEmbed(x: Tensor, weights: Weights, patch: number): Tensor {
  const kernel = weights("weight");
  const [width = 0, channels = 0] = kernel.shape;
  const flat = tf.reshape(patch === 1 ? kernel : tf.transpose(kernel, [0, 2, 3, 1]), [width, patch * patch * channels]);
  return linear({ x: patchify(x, patch), weight: flat, bias: weights("bias") }, { activation: "none" });
}
