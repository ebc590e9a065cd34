import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { unitLength } from "../parts/unit-length.js";
import { tf } from "../../core/tensor.js";

/**
 * How differently a network sees two images: features of both at several depths, each token brought to length 1, squared difference summed over
 * channels, mean over tokens and samples, summed over the depths. It is LPIPS (arXiv 1801.03924) without learned channel weights; give it the
 * `taps` of any encoder.
 */
export const featureDistance = defineNode({
  kind: "map",
  type: "loss.feature_distance",
  version: 1,
  note: "Perceptual distance of two images from an encoder's features at several depths.",
  inputs: {
    a: tensor("f32[B,T,N,D]", "T depths, N tokens, D channels"),
    b: tensor("f32[B,T,N,D]"),
  },
  outputs: { value: tensor("f32[]") },
  params: z.object({}),
  run({ a, b }) {
    const [batch = 1, , tokens = 1] = a.shape;
    return { value: tf.div(tf.sum(tf.square(tf.sub(unitLength(a), unitLength(b)))), batch * tokens) };
  },
});
