import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { weightsPath } from "../../core/params.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import { frozen } from "../parts/weight-specs.js";

/**
 * One latent for every sample of every batch: standard normal numbers drawn once from the graph's seed, or the array `latent` `[h,w,C]` of a
 * file. Stands for a single image where no encoder is at hand: what a width can learn depends on the channels alone.
 */
export const constant = defineNode({
  kind: "model",
  type: "latent.constant",
  version: 1,
  note: "Gives the same latent for every sample, drawn once or read from a file.",
  inputs: { like: tensor("i32[B]", "whose batch counts") },
  outputs: { z: tensor("f32[B,h,w,C]") },
  params: z.object({
    weights: weightsPath(),
    height: z.number().int().min(1).describe("positions from top to bottom"),
    width: z.number().int().min(1).describe("positions from left to right"),
    channels: z.number().int().min(1).describe("numbers at each position"),
  }),
  dims: ({ height, width, channels }) => ({ h: height, w: width, C: channels }),
  weights: ({ height, width, channels }): WeightSpec[] => [
    frozen("latent", [height, width, channels], { kind: "normal", std: 1 }),
  ],
  apply(w, { like }) {
    const batch = like.shape[0] ?? 0;
    return { z: tf.tile(tf.expandDims(w("latent"), 0), [batch, 1, 1, 1]) };
  },
});
