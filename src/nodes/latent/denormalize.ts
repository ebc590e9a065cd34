import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import { latentStatisticsLayouts } from "../files/layouts/latent-statistics.js";
import { statistics, statisticsParams, statisticsSpecs } from "./statistics-weights.js";

/** z · sqrt(var + eps) + mean: back to what the encoder gives. */
export const denormalize = defineNode({
  kind: "model",
  type: "latent.denormalize",
  note: "Undoes latent.normalize.",
  pure: "sample",
  inputs: { z: tensor("f32[B,h,w,C]") },
  outputs: { z: tensor("f32[B,h,w,C]") },
  params: statisticsParams,
  layouts: latentStatisticsLayouts,
  weights: (_params, dims) => statisticsSpecs(dims),
  apply(w, { z }, { eps }) {
    const { mean, deviation } = statistics(w, eps);
    return { z: tf.add(tf.mul(z, deviation), mean) };
  },
});
