import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";

/** z + σ·n with one σ per sample, in training only: teaches a decoder to bear imperfect latents (RAE, arXiv 2510.11690). */
export const noise = defineNode({
  kind: "map",
  type: "latent.noise",
  note: "Adds noise of a random strength to latents while training.",
  inputs: { z: tensor("f32[B,h,w,C]") },
  outputs: { z: tensor("f32[B,h,w,C]") },
  params: z.object({
    tau: z.number().min(0).default(0.8).describe("largest strength"),
    distribution: z
      .enum(["uniform", "normal"])
      .default("uniform")
      .describe("of the strength: uniform in [0,tau] as the published code, or |normal(0,tau)| as the paper's text"),
  }),
  run({ z: latent }, { tau, distribution }, { random, training }) {
    if (!training || tau === 0) return { z: latent };
    const perSample = [latent.shape[0] ?? 0, 1, 1, 1];
    const drawn =
      distribution === "uniform" ? random.uniform(perSample, "strength") : tf.abs(random.normal(perSample, "strength"));
    return { z: tf.add(latent, tf.mul(tf.mul(drawn, tau), random.normal(latent.shape))) };
  },
});
