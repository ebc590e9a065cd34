import { z } from "zod";
import type { PathName } from "./paths.js";
import { coefficientsAt } from "./prediction.js";

/** Params of the strength w(t) of an SDE sampler's noise. */
export const diffusionParams = {
  diffusion: z
    .enum(["sbdm", "constant", "sigma", "linear", "decreasing", "increasing_decreasing"])
    .default("sigma")
    .describe("strength of the noise over time; sbdm only on the VP path"),
  diffusion_norm: z.number().min(0).default(1).describe("factor of the strength"),
};

export type DiffusionForm = z.output<(typeof diffusionParams)["diffusion"]>;

/**
 * The strength w(t) ≥ 0 of an SDE dx = (v − w·score) dt + √(2w) dW, which has the marginals of the path for any such w (SiT, arXiv
 * 2401.08740, table of diffusion coefficients, with t = 1 at noise).
 */
export function diffusion(form: DiffusionForm, norm: number, path: PathName, t: number): number {
  switch (form) {
    case "constant":
      return norm;
    case "sbdm":
      return norm * coefficientsAt(path, t).variance;
    case "sigma":
      return norm * coefficientsAt(path, t).sigma;
    case "linear":
      return norm * t;
    case "decreasing":
      return (norm * Math.cos(Math.PI * (1 - t)) + 1) ** 2 / 4;
    case "increasing_decreasing":
      return norm * Math.sin(Math.PI * (1 - t)) ** 2;
  }
}

/** Throws an Error for a form that is no strength on this path. */
export function checkDiffusion(form: DiffusionForm, path: PathName): void {
  if (form !== "sbdm" || path === "vp") return;
  throw new Error(
    `diffusion: sbdm is no strength of noise on the ${path} path: the variance of its drift is negative, and infinite at t = 1; choose sigma, or the VP path`,
  );
}
