import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";

/** The values again and again, one for each sample of a batch: the same grid of times or strengths in every batch and every run. */
export const cycle = defineNode({
  kind: "map",
  type: "batch.cycle",
  version: 1,
  note: "Gives each sample of a batch one of a list of values, in turns.",
  inputs: { like: tensor("f32[B,...]", "whose batch counts") },
  outputs: { value: tensor("f32[B]") },
  params: z.object({ values: z.array(z.number()).min(1).describe("the values; sample i gets the one at i modulo their number") }),
  run({ like }, { values }) {
    const batch = like.shape[0] ?? 0;
    return { value: tf.tensor1d(Array.from({ length: batch }, (_, i) => values[i % values.length] ?? 0)) };
  },
});
