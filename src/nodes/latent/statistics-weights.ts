import { z } from "zod";
import type { Dims, Weights } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { path } from "../../core/params.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { frozen } from "../parts/weight-specs.js";

/** Params of both directions of the latent's normalisation. */
export const statisticsParams = z.object({
  weights: path("file with `mean` and `var`: safetensors as latent.statistics writes it, or the published stat.pt; also hf://…"),
  eps: z.number().min(0).default(1e-5).describe("added to the variance"),
});

/** Statistics per element, `[C,h,w]` as published; a file may lack either. */
export function statisticsSpecs(dims: Dims): WeightSpec[] {
  const shape = [dims["C"] ?? 0, dims["h"] ?? 0, dims["w"] ?? 0];
  return [
    { ...frozen("mean", shape, { kind: "zeros" }), optional: true },
    { ...frozen("var", shape, { kind: "ones" }), optional: true },
  ];
}

/** Mean and deviation sqrt(var + eps), channels last `[h,w,C]`. */
export function statistics(weights: Weights, eps: number): { mean: Tensor; deviation: Tensor } {
  return {
    mean: tf.transpose(weights("mean"), [1, 2, 0]),
    deviation: tf.sqrt(tf.add(tf.transpose(weights("var"), [1, 2, 0]), eps)),
  };
}
