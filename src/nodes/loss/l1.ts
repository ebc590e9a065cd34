import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";

/** Mean absolute difference of two images over everything, on the [0,1] scale: the first term of stage-1 training. */
export const l1 = defineNode({
  kind: "map",
  type: "loss.l1",
  note: "Mean absolute error between an image and its reconstruction.",
  inputs: { image: tensor("f32[B,...]"), reference: tensor("f32[B,...]") },
  outputs: { value: tensor("f32[]") },
  params: z.object({}),
  run: ({ image, reference }) => ({ value: tf.mean(tf.abs(tf.sub(image, reference))) }),
});
