import { z } from "zod";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { numbers } from "./arithmetic.js";
import { paths } from "./paths.js";
import type { Coefficients, PathName } from "./paths.js";

/** What a model was trained to give. */
export type Prediction = "velocity" | "noise" | "score";

/** Params that say how a model's output is to be read. */
export const predictionParams = {
  path: z.enum(["linear", "gvp", "vp"]).default("linear").describe("path that the model was trained on"),
  prediction: z.enum(["velocity", "noise", "score"]).default("velocity").describe("what the model was trained to give"),
};

/** A path's coefficients at one time, in float64. */
export function coefficientsAt(path: PathName, t: number): Coefficients<number> {
  return paths[path](t, numbers);
}

/**
 * The velocity that a prediction at (x, t) means. By noise ε: alphaRate·(x − sigma·ε)/alpha + sigmaRate·ε; a score s means ε = −sigma·s.
 * Neither says anything at t = 1, where alpha is 0.
 */
export function velocityFrom(prediction: Prediction, output: Tensor, x: Tensor, at: Coefficients<number>): Tensor {
  if (prediction === "velocity") return output;
  const byData = at.alphaRate / at.alpha;
  const byNoise = at.sigmaRate - byData * at.sigma;
  return tf.add(tf.mul(x, byData), tf.mul(output, prediction === "noise" ? byNoise : -at.sigma * byNoise));
}

/** The score ∇ log p_t(x) that a velocity means: (ratio·v − x) / (sigma² − ratio·sigmaRate·sigma). */
export function scoreFromVelocity(velocity: Tensor, x: Tensor, { sigma, sigmaRate, ratio }: Coefficients<number>): Tensor {
  const scale = 1 / (sigma * sigma - ratio * sigmaRate * sigma);
  return tf.sub(tf.mul(velocity, ratio * scale), tf.mul(x, scale));
}
