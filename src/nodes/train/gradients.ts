import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { Optimizer, WeightSet } from "../../core/define-node.js";
import { adamwStep } from "../../core/ops/adamw.js";
import { tensor, weights } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import type { Variable } from "../../core/tensor.js";

/**
 * Measures the gradients of a loss and leaves the weights as they are. Its phase's checkpoints hold the last step's gradients in
 * `optimizer.safetensors`, as `gradient.<key>`; their global norm is the metric `grad_norm`.
 */
export const gradients = defineNode({
  kind: "optimizer",
  type: "train.gradients",
  version: 1,
  note: "Writes the gradients of a model into the checkpoint, without training it.",
  inputs: { loss: tensor("f32[]"), trains: weights("of the model whose gradients are asked for") },
  outputs: {},
  params: z.object({}),
  create: (_params, trains) => createGradients(trains),
});

/** A step of AdamW at rate zero whose first moment forgets at once keeps the gradient itself, in place, on every backend. */
const settings = {
  lr: 0,
  beta1: 0,
  beta2: 0,
  epsilon: 1,
  weightDecay: 0,
  step: 1,
  clip: 0,
  averageDecay: 0,
};

function createGradients(trains: WeightSet): Optimizer {
  const trained = trains.specs.filter((spec) => spec.trainable);
  const parameters = trained.map((spec) => trains.get(spec.name) as Variable);
  const zeros = (): Variable[] => trained.map((spec) => tf.variable(tf.zeros([...spec.shape]), false));
  const [first, second] = [zeros(), zeros()];
  return {
    trains,
    apply: (given) => ({ grad_norm: adamwStep({ parameters, gradients: given, first, second }, () => settings) }),
    schedule: () => ({}),
    state: () => new Map(trained.flatMap((spec, i) => (first[i] ? [[`gradient.${spec.name}`, first[i]] as const] : []))),
    average: undefined,
    dispose: () => [...first, ...second].forEach((variable) => variable.dispose()),
  };
}
