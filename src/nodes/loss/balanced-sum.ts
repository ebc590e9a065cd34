import { z } from "zod";
import { balanceLosses } from "../../core/balance-losses.js";
import { defineNode } from "../../core/define-node.js";
import { optional, tensor, weights } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import type { Variable } from "../../core/tensor.js";

/**
 * loss + weight·λ·adversarial, with λ = ‖∂loss/∂w‖ / (‖∂adversarial/∂w‖ + 1e-6) of the layer `at`, held constant and at most `most`: the
 * adversarial term pulls at the decoder's last layer with `weight` times the force of the others (VQGAN, arXiv 2012.09841). While the
 * adversarial loss does not take part yet, the loss alone. Works where an optimizer trains only.
 */
export const balancedSum = defineNode({
  kind: "map",
  type: "loss.balanced_sum",
  version: 1,
  note: "Adds an adversarial loss whose weight follows the gradients at the last layer.",
  inputs: {
    loss: tensor("f32[]", "the sum of the other terms"),
    adversarial: optional(tensor("f32[]")),
    trains: weights("of the model that has the layer"),
  },
  outputs: { value: tensor("f32[]"), ratio: tensor("f32[]", "λ; 0 while there is no adversarial loss") },
  params: z.object({
    at: z.string().default("decoder_pred.weight").describe("weight of the layer at which the forces are compared"),
    weight: z.number().min(0).default(0.75).describe("force of the adversarial term beside the others'"),
    most: z.number().positive().default(1e4).describe("largest λ"),
  }),
  run({ loss, adversarial, trains }, { at, weight, most }) {
    if (!adversarial) return { value: loss, ratio: tf.scalar(0) };
    const trained = trains.specs.filter((spec) => spec.trainable);
    if (!trained.some(({ name }) => name === at))
      throw new Error(
        `at: "${at}" is no trained weight of "${trains.node}"; it has ${trained.map(({ name }) => name).join(", ")}`,
      );
    // A model's trained weights are variables.
    const variables = trained.map(({ name }) => trains.get(name) as Variable);
    return balanceLosses(loss, adversarial, trains.get(at) as Variable, variables, { weight, most });
  },
});
