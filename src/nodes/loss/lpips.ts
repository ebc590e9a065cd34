import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { weightsPath } from "../../core/params.js";
import { tensor, weights } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import { frozen } from "../parts/weight-specs.js";
import { tapChannels, taps } from "./vgg16-difference.js";

/**
 * LPIPS (arXiv 1801.03924) of VGG16's features, as VQGAN and the reference use it: a learned weight for each channel, none below zero, in the
 * published file `vgg.pth` (v0.1). As a loss take `value`, as a metric give `each` to metric.mean.
 */
export const lpips = defineNode({
  kind: "model",
  type: "loss.lpips",
  version: 1,
  note: "Perceptual distance (LPIPS) from the feature differences of loss.vgg16_difference.",
  inputs: { difference: tensor(`f32[B,${tapChannels}]`) },
  outputs: { value: tensor("f32[]", "mean over the batch"), each: tensor("f32[B]"), weights: weights() },
  params: z.object({ weights: weightsPath() }),
  weights: () =>
    taps.map((layers, i) => {
      const channels = layers.at(-1)?.[1] ?? 0;
      return frozen(`lin${i}.model.1.weight`, [1, channels, 1, 1], { kind: "ones" });
    }),
  layouts: [{ name: "LPIPS" }],
  published:
    "the linear weights of LPIPS v0.1 are vgg.pth (weights/v0.1/vgg.pth of https://github.com/richzhang/PerceptualSimilarity)",
  apply(weight, { difference }) {
    const all = tf.concat(
      taps.map((_layers, i) => tf.reshape(weight(`lin${i}.model.1.weight`), [-1])),
      0,
    );
    const each = tf.sum(tf.mul(difference, all), 1);
    return { value: tf.mean(each), each };
  },
});
