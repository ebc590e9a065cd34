import { z } from "zod";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";

/** Params of the noise-schedule shift, for time samplers and ODE samplers alike. */
export const shiftParams = {
  shift: z
    .union([z.literal("auto"), z.number().min(1)])
    .default("auto")
    .describe("moves times toward noise; auto is sqrt(latent numbers / base), at least 1"),
  base: z.number().positive().default(4096).describe("latent numbers at which auto gives 1"),
};

/** The shift's factor s for a latent of this many numbers (RAE, arXiv 2510.11690, section on dimension-dependent shift). */
export function shiftFactor(params: { shift: "auto" | number; base: number }, latentNumbers: number): number {
  return params.shift === "auto" ? Math.max(1, Math.sqrt(latentNumbers / params.base)) : params.shift;
}

/** s·t / (1 + (s−1)·t): keeps 0 and 1, pushes what lies between toward 1 (noise). */
export function shiftTime(t: number, factor: number): number {
  return (factor * t) / (1 + (factor - 1) * t);
}

/** The same for a tensor of times. */
export function shiftTimes(t: Tensor, factor: number): Tensor {
  return factor === 1 ? t : tf.div(tf.mul(t, factor), tf.add(tf.mul(t, factor - 1), 1));
}

/** The inverse of `shiftTimes`: the same shift seen from the other end, so t ↦ t / (s − (s−1)·t). */
export function unshiftTimes(t: Tensor, factor: number): Tensor {
  return factor === 1 ? t : tf.div(t, tf.sub(factor, tf.mul(t, factor - 1)));
}
