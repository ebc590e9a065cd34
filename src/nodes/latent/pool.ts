import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";

/** The mean over a latent's positions: one feature vector per image, for Fréchet distances. */
export const pool = defineNode({
  kind: "map",
  type: "latent.pool",
  note: "Averages a latent over its positions.",
  pure: "sample",
  inputs: { z: tensor("f32[B,h,w,C]") },
  outputs: { features: tensor("f32[B,C]") },
  params: z.object({}),
  run: ({ z: latent }) => ({ features: tf.mean(latent, [1, 2]) }),
});
