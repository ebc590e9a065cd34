import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";

/** What a generator minimises against a critic. linear: −mean of the scores, as goes with either loss of the critic; softplus: mean softplus(−scores). */
export const adversarialLoss = defineNode({
  kind: "map",
  type: "loss.adversarial",
  version: 1,
  note: "Loss of a generator whose images a critic scores.",
  inputs: { score: tensor("f32[B,L]", "scores of made images") },
  outputs: { value: tensor("f32[]") },
  params: z.object({ kind: z.enum(["linear", "softplus"]).default("linear") }),
  run: ({ score }, { kind }) => ({
    value: kind === "linear" ? tf.neg(tf.mean(score)) : tf.mean(tf.softplus(tf.neg(score))),
  }),
});
