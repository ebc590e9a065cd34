import { defineOp } from "../define-op.js";
import { tf } from "../tensor.js";
import { tensorSize } from "./tensor-size.js";

/** Mean over everything of (prediction − target)²: the flow-matching loss. */
export const velocityLoss = defineOp<"prediction" | "target", never, Record<never, never>>({
  kernel: "VelocityLoss",
  inputs: ["prediction", "target"],
  expand: ({ prediction, target }) => tf.mean(tf.square(tf.sub(prediction, target))),
  grad: (dy, { prediction, target }) => ({
    prediction: () => tf.mul(tf.sub(prediction, target), tf.mul(dy, 2 / tensorSize(prediction))),
    target: () => tf.mul(tf.sub(target, prediction), tf.mul(dy, 2 / tensorSize(prediction))),
  }),
});
