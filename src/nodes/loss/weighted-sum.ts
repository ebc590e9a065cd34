import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { optional, tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";

/** weights₀·a + weights₁·b + …; a term that does not take part yet is left out. */
export const weightedSum = defineNode({
  kind: "map",
  type: "loss.weighted_sum",
  version: 1,
  note: "Adds up to four losses, each times its weight.",
  inputs: {
    a: tensor("f32[]"),
    b: optional(tensor("f32[]")),
    c: optional(tensor("f32[]")),
    d: optional(tensor("f32[]")),
  },
  outputs: { value: tensor("f32[]") },
  params: z.object({
    weights: z.array(z.number()).min(1).max(4).default([1, 1, 1, 1]).describe("weights of a, b, c and d; 1 where left out"),
  }),
  run({ a, b, c, d }, { weights }) {
    const terms = [a, b, c, d].flatMap((term, i) => (term ? [weights[i] === 1 ? term : tf.mul(term, weights[i] ?? 1)] : []));
    return { value: tf.addN(terms) };
  },
});
