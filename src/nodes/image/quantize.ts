import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";

/** Cuts to [0,1] and rounds to the 256 levels that files hold, so that a critic sees made images as it sees real ones. Passes no gradient. */
export const quantize = defineNode({
  kind: "map",
  type: "image.quantize",
  version: 1,
  note: "Rounds images to 8 bits.",
  inputs: { image: tensor("f32[B,H,W,C]", "about [0,1]") },
  outputs: { image: tensor("f32[B,H,W,C]", "in [0,1], in steps of 1/255") },
  params: z.object({}),
  run: ({ image }) => ({ image: tf.div(tf.round(tf.mul(tf.clipByValue(image, 0, 1), 255)), 255) }),
});
