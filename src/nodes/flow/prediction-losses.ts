import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { tensors } from "./arithmetic.js";
import { pathParam, paths } from "./paths.js";
import type { Coefficients, Path } from "./paths.js";
import { perSample } from "./per-sample.js";

const weighting = z
  .enum(["none", "velocity", "likelihood"])
  .default("none")
  .describe("weight of a time: 1, (g/sigma)^2 as a velocity loss would weigh, or g/sigma^2 as the likelihood does");

const params = z.object({ path: pathParam, weighting });

/** Mean over everything of w(t)·(prediction − noise)²; g is the size of the path's drift variance. */
export const noiseLoss = defineNode({
  kind: "map",
  type: "flow.noise_loss",
  note: "Squared error of a predicted noise, weighted by time.",
  inputs: { prediction: tensor("f32[B,...]"), noise: tensor("f32[B,...]"), t: tensor("f32[B]") },
  outputs: { value: tensor("f32[]") },
  params,
  run({ prediction, noise, t }, p) {
    const at = coefficients(paths[p.path], t, prediction);
    return { value: weighted(tf.sub(prediction, noise), p.weighting, at) };
  },
});

/** Mean over everything of w(t)·(sigma·prediction + noise)²: zero where the prediction is the score of the mixed sample. */
export const scoreLoss = defineNode({
  kind: "map",
  type: "flow.score_loss",
  note: "Squared error of a predicted score, weighted by time.",
  inputs: { prediction: tensor("f32[B,...]"), noise: tensor("f32[B,...]"), t: tensor("f32[B]") },
  outputs: { value: tensor("f32[]") },
  params,
  run({ prediction, noise, t }, p) {
    const at = coefficients(paths[p.path], t, prediction);
    return { value: weighted(tf.add(tf.mul(at.sigma, prediction), noise), p.weighting, at) };
  },
});

function coefficients(path: Path, t: Tensor, like: Tensor): Coefficients<Tensor> {
  return path(perSample(t, like), tensors);
}

function weighted(error: Tensor, kind: z.output<typeof weighting>, { variance, sigma }: Coefficients<Tensor>): Tensor {
  const square = tf.square(error);
  if (kind === "none") return tf.mean(square);
  // The reference takes the variance with its sign, which makes the likelihood weight of two paths negative.
  const size = tf.abs(variance);
  const weight = kind === "velocity" ? tf.square(tf.div(size, sigma)) : tf.div(size, tf.square(sigma));
  return tf.mean(tf.mul(weight, square));
}
