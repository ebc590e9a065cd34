import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { velocityLoss as meanSquare } from "../../core/ops/velocity-loss.js";
import { tensor } from "../../core/port.js";

/** Mean squared difference between predicted and true velocity, over everything (flow matching). */
export const velocityLoss = defineNode({
  kind: "map",
  type: "flow.velocity_loss",
  note: "Mean squared error of a predicted velocity.",
  inputs: { prediction: tensor("f32[B,...]"), target: tensor("f32[B,...]") },
  outputs: { value: tensor("f32[]") },
  params: z.object({}),
  run: ({ prediction, target }) => ({ value: meanSquare({ prediction, target }, {}) }),
});
