import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";

/** Mean squared difference of each sample by itself, `[B]`: what metric.by sorts by time or strength. Their mean is flow.velocity_loss. */
export const sampleMse = defineNode({
  kind: "map",
  type: "loss.sample_mse",
  version: 1,
  note: "Mean squared error of each sample.",
  inputs: { prediction: tensor("f32[B,...]"), target: tensor("f32[B,...]") },
  outputs: { value: tensor("f32[B]") },
  params: z.object({}),
  run({ prediction, target }) {
    const square = tf.square(tf.sub(prediction, target));
    return { value: tf.mean(tf.reshape(square, [square.shape[0] ?? 0, -1]), 1) };
  },
});
