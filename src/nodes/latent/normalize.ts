import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import { latentStatisticsLayouts } from "../files/layouts/latent-statistics.js";
import { statistics, statisticsParams, statisticsSpecs } from "./statistics-weights.js";

/** (z − mean) / sqrt(var + eps) per element of the latent, as the published encoder ends. */
export const normalize = defineNode({
  kind: "model",
  type: "latent.normalize",
  note: "Gives latents unit variance by stored statistics.",
  pure: "sample",
  inputs: { z: tensor("f32[B,h,w,C]") },
  outputs: { z: tensor("f32[B,h,w,C]") },
  params: statisticsParams,
  layouts: latentStatisticsLayouts,
  weights: (_params, dims) => statisticsSpecs(dims),
  apply(w, { z }, { eps }) {
    const { mean, deviation } = statistics(w, eps);
    return { z: tf.div(tf.sub(z, mean), deviation) };
  },
});
