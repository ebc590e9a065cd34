import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";

/** A latent's positions as a list, row by row: the layout `[B,N,C]` of published token files. */
export const tokens = defineNode({
  kind: "map",
  type: "latent.tokens",
  version: 1,
  note: "Lists a grid's positions row by row: [B,h,w,C] to [B,N,C].",
  pure: "sample",
  inputs: { z: tensor("f32[B,h,w,C]") },
  outputs: { tokens: tensor("f32[B,N,C]") },
  params: z.object({}),
  dims: (_params, { h, w }) => (h !== undefined && w !== undefined ? { N: h * w } : {}),
  run({ z: latent }) {
    const [B = 0, h = 0, w = 0, C = 0] = latent.shape;
    return { tokens: tf.reshape(latent, [B, h * w, C]) };
  },
});
