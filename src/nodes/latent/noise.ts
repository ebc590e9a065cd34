import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { optional, tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";

/**
 * z + σ·n with one σ per sample: teaches a decoder to bear imperfect latents (RAE, arXiv 2510.11690). Before latent.normalize it acts in
 * the encoder's own space, where tokens have unit variance, as published decoders were trained; after it in the normalised space of the diffusion
 * model. The two scales differ.
 */
export const noise = defineNode({
  kind: "map",
  type: "latent.noise",
  version: 1,
  note: "Adds noise of a random strength to latents while training.",
  inputs: {
    z: tensor("f32[B,h,w,C]"),
    strength: optional(tensor("f32[B]", "of each sample's noise; then tau and distribution say nothing")),
  },
  outputs: { z: tensor("f32[B,h,w,C]") },
  params: z.object({
    tau: z.number().min(0).default(0.8).describe("largest strength"),
    distribution: z
      .enum(["uniform", "normal", "constant"])
      .default("uniform")
      .describe("of the strength: uniform in [0,tau] as the published code, |normal(0,tau)| as the paper's text, or always tau"),
    always: z.boolean().default(false).describe("also where nothing trains, e.g. to measure what a decoder bears"),
  }),
  run({ z: latent, strength }, { tau, distribution, always }, { random, training }) {
    if (!(training || always) || (tau === 0 && !strength)) return { z: latent };
    const perSample = [latent.shape[0] ?? 0, 1, 1, 1];
    if (strength) return { z: tf.add(latent, tf.mul(tf.reshape(strength, perSample), random.normal(latent.shape))) };
    const strengths = {
      uniform: () => tf.mul(random.uniform(perSample, "strength"), tau),
      normal: () => tf.mul(tf.abs(random.normal(perSample, "strength")), tau),
      constant: () => tf.scalar(tau),
    };
    return { z: tf.add(latent, tf.mul(strengths[distribution](), random.normal(latent.shape))) };
  },
});
