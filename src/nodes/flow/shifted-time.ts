import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { optional, tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import { logitNormal } from "./logit-normal.js";
import { shiftFactor, shiftParams, shiftTimes } from "./shift.js";

/** Largest time drawn before the shift; the published training stays this far from pure noise. */
export const lastTime = 0.999;

/** One time per sample, 0 data to 1 noise, moved toward noise in step with the latent's size. */
export const shiftedTime = defineNode({
  kind: "map",
  type: "flow.shifted_time",
  note: "Draws a time for each sample and shifts it toward noise for large latents.",
  inputs: {
    like: tensor("f32[B,...]", "the latent whose batch and size count"),
    u: optional(tensor("f32[B]", "uniform numbers in (0,1); drawn where unconnected")),
  },
  outputs: { t: tensor("f32[B]") },
  params: z.object({
    distribution: z.enum(["uniform", "logit_normal"]).default("uniform").describe("distribution before the shift"),
    mean: z.number().default(0).describe("of the logit, for logit_normal"),
    std: z.number().positive().default(1).describe("of the logit, for logit_normal"),
    ...shiftParams,
  }),
  run({ like, u: given }, params, { random }) {
    const [batch = 0, ...sample] = like.shape;
    const u = given ?? random.uniform([batch]);
    const raw = params.distribution === "uniform" ? tf.mul(u, lastTime) : logitNormal(u, params.mean, params.std, lastTime);
    const latentNumbers = sample.reduce((a, b) => a * b, 1);
    return { t: shiftTimes(raw, shiftFactor(params, latentNumbers)) };
  },
});
