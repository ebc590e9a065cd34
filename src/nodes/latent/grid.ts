import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";

/** Undoes `latent.tokens` for a square grid. */
export const grid = defineNode({
  kind: "map",
  type: "latent.grid",
  version: 1,
  note: "Lays a list of tokens out as a square grid: [B,N,C] to [B,h,w,C].",
  pure: "sample",
  inputs: { tokens: tensor("f32[B,N,C]") },
  outputs: { z: tensor("f32[B,h,w,C]") },
  params: z.object({}),
  dims(_params, { N }) {
    if (N === undefined) return {};
    const side = Math.sqrt(N);
    if (!Number.isInteger(side)) throw new Error(`${N} tokens make no square grid; leave class and register tokens out`);
    return { h: side, w: side };
  },
  run({ tokens }) {
    const [B = 0, N = 0, C = 0] = tokens.shape;
    const side = Math.sqrt(N);
    return { z: tf.reshape(tokens, [B, side, side, C]) };
  },
});
