import type { Weights } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { attention } from "../../core/ops/attention.js";
import { gate } from "../../core/ops/gate.js";
import { layerNorm } from "../../core/ops/layer-norm.js";
import { linear } from "../../core/ops/linear.js";
import { modulate } from "../../core/ops/modulate.js";
import { rmsNorm } from "../../core/ops/rms-norm.js";
import { swiglu } from "../../core/ops/swiglu.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { linearSpecs, normSpecs, scope, silent } from "./weight-specs.js";
import type { LinearInit } from "./weight-specs.js";

/** The published switches of a LightningDiT block. */
export interface BlockOptions {
  readonly heads: number;
  readonly mlpRatio: number;
  readonly qkNorm: boolean;
  readonly swiglu: boolean;
  readonly rms: boolean;
  /** True where adaLN only scales and gates. */
  readonly noShift: boolean;
}

/** Cosines and sines of the rotary embedding, `[N, D/heads]` each. */
export interface Rotary {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** Width inside the MLP: two thirds of ratio·D for SwiGLU (truncated twice, as published), ratio·D for GELU. */
export function mlpWidth(width: number, options: BlockOptions): number {
  const wide = Math.trunc(options.mlpRatio * width);
  return options.swiglu ? Math.trunc((2 / 3) * wide) : wide;
}

/** Weights of one block at this width, by their published keys. */
export function ditBlockSpecs(width: number, options: BlockOptions, init: LinearInit): WeightSpec[] {
  const inner = mlpWidth(width, options);
  const headWidth = width / options.heads;
  return [
    ...(options.rms ? [...normSpecs("norm1", width, false), ...normSpecs("norm2", width, false)] : []),
    ...(options.qkNorm
      ? [...normSpecs("attn.q_norm", headWidth, !options.rms), ...normSpecs("attn.k_norm", headWidth, !options.rms)]
      : []),
    ...linearSpecs("attn.qkv", width, 3 * width, init),
    ...linearSpecs("attn.proj", width, width, init),
    ...(options.swiglu
      ? [...linearSpecs("mlp.w12", width, 2 * inner, init), ...linearSpecs("mlp.w3", inner, width, init)]
      : [...linearSpecs("mlp.fc1", width, inner, init), ...linearSpecs("mlp.fc2", inner, width, init)]),
    ...linearSpecs("adaLN_modulation.1", width, (options.noShift ? 4 : 6) * width, silent),
  ];
}

/**
 * One transformer block with adaptive norm (DiT, arXiv 2212.09748; LightningDiT, arXiv 2501.01423).
 * x `[B,N,D]`; `condition` is SiLU of the conditioning vector, `[B,1,D]` or per token `[B,N,D]`.
 */
export function ditBlock(
  x: Tensor,
  condition: Tensor,
  weights: Weights,
  options: BlockOptions,
  rotary: Rotary | undefined,
): Tensor {
  // What the block makes on its way goes at its end, but for what a tape has saved.
  return tf.tidy(() => {
    const ada = dense(condition, scope(weights, "adaLN_modulation.1"));
    const parts = tf.split(ada, options.noShift ? 4 : 6, -1);
    const [shift1, scale1, gate1, shift2, scale2, gate2] = options.noShift
      ? [undefined, parts[0], parts[1], undefined, parts[2], parts[3]]
      : parts;
    if (!scale1 || !gate1 || !scale2 || !gate2) throw new Error("adaLN gave too few parts");
    const attended = selfAttention(
      modulate({ x: norm(x, weights, "norm1", options.rms), shift: shift1, scale: scale1 }, {}),
      weights,
      options,
      rotary,
    );
    const middle = gate({ x, y: attended, gate: gate1 }, {});
    const mixed = mlp(
      modulate({ x: norm(middle, weights, "norm2", options.rms), shift: shift2, scale: scale2 }, {}),
      weights,
      options,
    );
    return gate({ x: middle, y: mixed, gate: gate2 }, {});
  });
}

/** RMS norm with a gain (epsilon 1e-6), or layer norm without one (epsilon 1e-6). */
export function norm(x: Tensor, weights: Weights, name: string, rms: boolean): Tensor {
  return rms ? rmsNorm({ x, weight: weights(`${name}.weight`) }, { epsilon: 1e-6 }) : layerNorm({ x }, { epsilon: 1e-6 });
}

/** The linear layer below these weights. */
export function dense(x: Tensor, weights: Weights): Tensor {
  return linear({ x, weight: weights("weight"), bias: weights("bias") }, { activation: "none" });
}

function selfAttention(x: Tensor, weights: Weights, options: BlockOptions, rotary: Rotary | undefined): Tensor {
  const qkv = dense(x, scope(weights, "attn.qkv"));
  const normed = options.qkNorm ? qkNorm(qkv, weights, options) : qkv;
  const mixed = attention({ qkv: normed, cos: rotary?.cos, sin: rotary?.sin }, { heads: options.heads });
  return dense(mixed, scope(weights, "attn.proj"));
}

/** Norms queries and keys over each head's width: RMS with gain, or layer norm with gain and bias (epsilon 1e-5). */
function qkNorm(qkv: Tensor, weights: Weights, options: BlockOptions): Tensor {
  const [B = 0, N = 0, width = 0] = qkv.shape;
  const headWidth = width / 3 / options.heads;
  const [q, k, v] = tf.split(tf.reshape(qkv, [B, N, 3, options.heads, headWidth]), 3, 2);
  const normed = (x: Tensor | undefined, name: string): Tensor => {
    if (!x) throw new Error("qkv did not split in three");
    const weight = weights(`attn.${name}.weight`);
    return options.rms
      ? rmsNorm({ x, weight }, { epsilon: 1e-6 })
      : layerNorm({ x, weight, bias: weights(`attn.${name}.bias`) }, { epsilon: 1e-5 });
  };
  if (!v) throw new Error("qkv did not split in three");
  return tf.reshape(tf.concat([normed(q, "q_norm"), normed(k, "k_norm"), v], 2), [B, N, width]);
}

function mlp(x: Tensor, weights: Weights, options: BlockOptions): Tensor {
  if (options.swiglu) return dense(swiglu({ u: dense(x, scope(weights, "mlp.w12")) }, {}), scope(weights, "mlp.w3"));
  const hidden = linear({ x, weight: weights("mlp.fc1.weight"), bias: weights("mlp.fc1.bias") }, { activation: "gelu_tanh" });
  return dense(hidden, scope(weights, "mlp.fc2"));
}
