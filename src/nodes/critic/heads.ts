import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { Weights } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { layerNorm } from "../../core/ops/layer-norm.js";
import { linear } from "../../core/ops/linear.js";
import { weightsPath } from "../../core/params.js";
import { tensor, weights } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { spectralSpecs, spectralWeight } from "../parts/spectral-norm.js";
import type { Remember } from "../parts/spectral-norm.js";
import { linearSpecs, normSpecs, scope, torchDefault, below } from "../parts/weight-specs.js";

const params = z.object({
  weights: weightsPath(),
  ks: z.number().int().min(1).default(3).describe("tokens that the middle convolution spans, odd"),
  norm_type: z.enum(["bn", "gn"]).default("bn").describe("bn: each channel of a sample by itself; gn: in 32 groups of channels"),
  using_spec_norm: z.boolean().default(true).describe("divide each kernel by its largest singular value"),
  norm_eps: z.number().positive().default(1e-6).describe("epsilon of the norms"),
});
type Params = z.output<typeof params>;

/**
 * Scores of a critic on a frozen encoder's features: a small head for each depth, which gives one number per token (StyleGAN-T, arXiv
 * 2301.09515; RAE, arXiv 2510.11690). A head: 1×1 convolution, norm, leaky ReLU; a convolution over `ks` neighbours in a ring, norm,
 * leaky ReLU, added to its input and divided by √2; 1×1 convolution to one channel. Keys are the published ones, `heads.i.…`.
 */
export const criticHeads = defineNode({
  kind: "model",
  type: "critic.heads",
  version: 1,
  note: "Tells real from made images by an encoder's features at several depths.",
  inputs: { features: tensor("f32[B,T,N,D]", "taps of an encoder") },
  outputs: { score: tensor("f32[B,L]", "one for each depth and token"), weights: weights() },
  params,
  dims(p, { T, N, D }) {
    if (p.ks % 2 === 0) throw new Error(`ks ${p.ks} is even; take ${p.ks + 1}`);
    if (N !== undefined && p.ks > 2 * N)
      throw new Error(`ks ${p.ks} goes more than once around ${N} tokens; take at most ${2 * N - 1}`);
    if (p.norm_type === "gn" && D !== undefined && D % groups !== 0)
      throw new Error(`norm_type gn needs a multiple of ${groups} channels, not ${D}`);
    return T !== undefined && N !== undefined ? { L: T * N } : {};
  },
  weights(p, { T = 0, D = 0 }): WeightSpec[] {
    const conv = (name: string, fanOut: number, size: number): WeightSpec[] =>
      p.using_spec_norm ? spectralSpecs(name, D, fanOut, size) : plainSpecs(name, D, fanOut, size);
    return Array.from({ length: T }, (_, i) =>
      below(`heads.${i}`, [
        ...conv("0.0", D, 1),
        ...normSpecs("0.1", D, true),
        ...conv("1.fn.0", D, p.ks),
        ...normSpecs("1.fn.1", D, true),
        ...conv("2", 1, 1),
      ]),
    ).flat();
  },
  apply(w, { features }, p, { training, remember }) {
    const [batch = 0, depths = 0, tokens = 0] = features.shape;
    const scores = Array.from({ length: depths }, (_, i) => {
      const x = tf.reshape(tf.slice(features, [0, i, 0, 0], [-1, 1, -1, -1]), [batch, tokens, -1]);
      const keep: Remember | undefined = training ? (name, value) => remember(`heads.${i}.${name}`, value) : undefined;
      return tf.reshape(head(x, scope(w, `heads.${i}`), p, keep), [batch, tokens]);
    });
    return { score: tf.concat(scores, 1) };
  },
  flops: (p, { B = 1, T = 0, N = 0, D = 0 }) => 2 * B * T * N * D * (D * (1 + p.ks) + 1),
  activations: (p, { B = 1, T = 0, N = 0, D = 0 }) => B * T * N * D * (8 + p.ks),
});

/** Groups of channels of `norm_type: gn`. */
const groups = 32;

function plainSpecs(name: string, fanIn: number, fanOut: number, size: number): WeightSpec[] {
  const [kernel, bias] = linearSpecs(name, fanIn * size, fanOut, torchDefault) as [WeightSpec, WeightSpec];
  return [{ ...kernel, shape: [fanOut, fanIn, size] }, bias];
}

/** x `[B,N,D]` -> `[B,N,1]`. */
function head(x: Tensor, w: Weights, p: Params, remember: Remember | undefined): Tensor {
  const conv = (y: Tensor, name: string): Tensor => {
    const kernel = p.using_spec_norm ? spectralWeight(w, name, remember) : w(`${name}.weight`);
    return ringConvolution(y, kernel, w(`${name}.bias`));
  };
  const block = (y: Tensor, name: string): Tensor => tf.leakyRelu(norm(conv(y, `${name}.0`), scope(w, `${name}.1`), p), 0.2);
  const first = block(x, "0");
  const second = tf.div(tf.add(block(first, "1.fn"), first), Math.SQRT2);
  return conv(second, "2");
}

/** A convolution over tokens that lie in a ring: x `[B,N,C]`, kernel `[D,C,k]` -> `[B,N,D]`, as one product. */
function ringConvolution(x: Tensor, kernel: Tensor, bias: Tensor): Tensor {
  const [out = 0, , size = 1] = kernel.shape;
  const [, tokens = 0] = x.shape;
  const flat = tf.reshape(size === 1 ? kernel : tf.transpose(kernel, [0, 2, 1]), [out, -1]);
  if (size === 1) return linear({ x, weight: flat, bias }, { activation: "none" });
  const half = (size - 1) / 2;
  const from = (start: number, count: number): Tensor => tf.slice(x, [0, start, 0], [-1, count, -1]);
  const ring = tf.concat([from(tokens - half, half), x, from(0, half)], 1);
  const windows = Array.from({ length: size }, (_, k) => tf.slice(ring, [0, k, 0], [-1, tokens, -1]));
  return linear({ x: tf.concat(windows, 2), weight: flat, bias }, { activation: "none" });
}

/** Zero mean and unit variance over the tokens of a sample, channel by channel or in groups of channels; then gain and bias. */
function norm(x: Tensor, w: Weights, p: Params): Tensor {
  const [B = 0, N = 0, C = 0] = x.shape;
  const count = p.norm_type === "gn" ? groups : C;
  const grouped = tf.reshape(tf.transpose(tf.reshape(x, [B, N, count, C / count]), [0, 2, 1, 3]), [B, count, -1]);
  const normed = tf.reshape(layerNorm({ x: grouped }, { epsilon: p.norm_eps }), [B, count, N, C / count]);
  const back = tf.reshape(tf.transpose(normed, [0, 2, 1, 3]), [B, N, C]);
  return tf.add(tf.mul(back, w("weight")), w("bias"));
}
