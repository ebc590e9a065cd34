import { hasKernel, runKernel } from "../define-op.js";
import { tf } from "../tensor.js";
import type { Tensor, Variable } from "../tensor.js";

/** Everything that one step reads and changes; equal places belong together. */
export interface AdamWTensors {
  readonly parameters: readonly Variable[];
  readonly gradients: readonly Tensor[];
  readonly first: readonly Variable[];
  readonly second: readonly Variable[];
  /** Moving averages of the parameters, where they are kept. */
  readonly average?: readonly Variable[];
}

export interface AdamWSettings {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Steps including this one, from 1. */
  readonly step: number;
  /** Largest global norm of the gradients; 0 is off. */
  readonly clip: number;
  readonly averageDecay: number;
}

/**
 * One step of AdamW (arXiv 1711.05101) over all tensors at once, in place, as PyTorch computes it: g · min(1, clip/(norm + 1e-6));
 * p ← p·(1 − lr·decay); m, v by beta1, beta2; p ← p − lr/(1 − beta1ᵗ) · m / (√v/√(1 − beta2ᵗ) + epsilon); then the moving average
 * a ← d·a + (1 − d)·p. Gives the global norm of the gradients before clipping, a scalar; where that is NaN or infinite, nothing changes.
 *
 * Kernel `AdamWStep`: inputs `p0 g0 m0 v0 [a0] p1 …`, attributes `settings` (asked for at each run) and `count`; it
 * writes into p, m, v and a.
 */
export function adamwStep(tensors: AdamWTensors, settings: () => AdamWSettings): Tensor {
  if (hasKernel("AdamWStep")) {
    const inputs: Record<string, Tensor> = {};
    tensors.parameters.forEach((parameter, i) => {
      inputs[`p${i}`] = parameter;
      inputs[`g${i}`] = at(tensors.gradients, i);
      inputs[`m${i}`] = at(tensors.first, i);
      inputs[`v${i}`] = at(tensors.second, i);
      if (tensors.average) inputs[`a${i}`] = at(tensors.average, i);
    });
    return runKernel<Tensor>("AdamWStep", inputs, { settings, count: tensors.parameters.length });
  }
  return tf.tidy(() => expand(tensors, settings()));
}

function expand(tensors: AdamWTensors, s: AdamWSettings): Tensor {
  const norm = tf.sqrt(tf.addN(tensors.gradients.map((g) => tf.sum(tf.square(g)))));
  const finite = tf.isFinite(norm);
  const change = (variable: Variable, value: Tensor): void => variable.assign(tf.where(finite, value, variable));
  const clip = s.clip > 0 ? tf.minimum(tf.div(s.clip, tf.add(norm, 1e-6)), 1) : tf.scalar(1);
  const rate = s.lr / (1 - s.beta1 ** s.step);
  const root = Math.sqrt(1 - s.beta2 ** s.step);
  tensors.parameters.forEach((parameter, i) => {
    tf.tidy(() => {
      const g = tf.mul(at(tensors.gradients, i), clip);
      const m = at(tensors.first, i);
      const v = at(tensors.second, i);
      change(m, tf.add(tf.mul(m, s.beta1), tf.mul(g, 1 - s.beta1)));
      change(v, tf.add(tf.mul(v, s.beta2), tf.mul(tf.square(g), 1 - s.beta2)));
      const decayed = s.weightDecay > 0 ? tf.mul(parameter, 1 - s.lr * s.weightDecay) : parameter;
      change(parameter, tf.sub(decayed, tf.div(tf.mul(m, rate), tf.add(tf.div(tf.sqrt(v), root), s.epsilon))));
      if (!tensors.average) return;
      const a = at(tensors.average, i);
      change(a, tf.add(tf.mul(a, s.averageDecay), tf.mul(parameter, 1 - s.averageDecay)));
    });
  });
  return norm;
}

function at<T>(list: readonly T[], i: number): T {
  const value = list[i];
  if (value === undefined)
    throw new Error(`adamw: no tensor ${i} of ${list.length}; every parameter needs a gradient and moments`);
  return value;
}
