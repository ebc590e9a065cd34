import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { optional, tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";

/** latent.normalize, or its inverse latent.denormalize, with statistics that come along edges instead of from a file of their own. */
export const normalizeWith = defineNode({
  kind: "map",
  type: "latent.normalize_with",
  version: 1,
  note: "Normalises latents by statistics from other nodes, e.g. from data.tensor_file.",
  pure: "batch",
  inputs: {
    z: tensor("f32[B,h,w,C]"),
    mean: optional(tensor("f32[C,h,w]", "default 0")),
    var: tensor("f32[C,h,w]"),
  },
  outputs: { z: tensor("f32[B,h,w,C]") },
  params: z.object({
    eps: z.number().min(0).default(1e-5).describe("added to the variance"),
    inverse: z.boolean().default(false).describe("multiply and add back, as latent.denormalize"),
  }),
  run({ z: latent, mean, var: variance }, { eps, inverse }) {
    const last = (statistic: Tensor): Tensor => tf.transpose(statistic, [1, 2, 0]);
    const deviation = tf.sqrt(tf.add(last(variance), eps));
    if (inverse) {
      const scaled = tf.mul(latent, deviation);
      return { z: mean ? tf.add(scaled, last(mean)) : scaled };
    }
    return { z: tf.div(mean ? tf.sub(latent, last(mean)) : latent, deviation) };
  },
});
