import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { weightsPath } from "../../core/params.js";
import { tensor, weights } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { inceptionLayouts } from "../files/layouts/inception.js";
import { inceptionFeatures, inceptionSpecs } from "../parts/inception.js";
import { resize } from "../parts/resize.js";

/** Side of the images that the network was trained on. */
const side = 299;

const params = z.object({
  weights: weightsPath(),
  variant: z
    .enum(["tensorflow", "torchvision"])
    .default("tensorflow")
    .describe(
      "tensorflow: the 2015 network of all published FIDs, 1008 classes (pytorch-fid's, torch-fidelity's file); torchvision: its own, 1000 classes",
    ),
  preprocess: z
    .enum(["fidelity", "pytorch_fid", "none"])
    .default("fidelity")
    .describe(
      "fidelity: TensorFlow 1's resize, (byte − 128) / 128, as torch-fidelity and the ADM suite; pytorch_fid: half-pixel bilinear resize, 2x − 1; none: no resize, 2x − 1",
    ),
  quantize: z.boolean().default(true).describe("round to 8 bits first, as saved images are"),
});

/**
 * Inception-v3 (arXiv 1512.00567) with frozen weights, for FID, KID, Inception Score, precision and recall. The two networks in use have the
 * same keys and differ in their pools: TensorFlow's leaves edges out of its means and takes the maximum in the last block. A result's name
 * has the hash of the weights file, for results of different files or preprocessing cannot be compared.
 */
export const inceptionV3 = defineNode({
  kind: "model",
  type: "encoder.inception_v3",
  version: 1,
  note: "Features of images by Inception-v3, for FID and its relatives.",
  inputs: { image: tensor("f32[B,H,W,3]", "in [0,1]; other numbers are clamped") },
  outputs: {
    features: tensor("f32[B,2048]", "after the last pool"),
    logits: tensor("f32[B,K]", "without bias, as the Inception Score uses them"),
    spatial: tensor(
      "f32[B,S]",
      "7 channels of the seventh mixed block's first branch, flat, for the sFID: 17x17x7 at 299 pixels",
    ),
    weights: weights(),
  },
  params,
  dims: ({ variant, preprocess }) => ({ K: classesOf(variant), ...(preprocess === "none" ? {} : { S: 17 * 17 * 7 }) }),
  flops: ({ preprocess }, { B = 1, H = side, W = side }) =>
    (11.4e9 * B * (preprocess === "none" ? H * W : side * side)) / side ** 2,
  weights: ({ variant }) => inceptionSpecs(classesOf(variant)),
  layouts: inceptionLayouts,
  published:
    "TensorFlow's network is pt_inception-2015-12-05-6726825d.pth, at https://github.com/mseitzer/pytorch-fid/releases/tag/fid_weights; torchvision's is inception_v3_google-0cc3c7bd.pth, at https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",
  apply(weight, { image }, { variant, preprocess, quantize }) {
    const { features, spatial } = inceptionFeatures(weight, prepared(image, preprocess, quantize), variant);
    return { features, logits: tf.matMul(features as never, weight("fc.weight") as never, false, true), spatial };
  },
});

function classesOf(variant: z.output<typeof params>["variant"]): number {
  return variant === "tensorflow" ? 1008 : 1000;
}

function prepared(image: Tensor, preprocess: z.output<typeof params>["preprocess"], quantize: boolean): Tensor {
  const clamped = tf.clipByValue(image, 0, 1);
  const bytes = quantize ? tf.floor(tf.add(tf.mul(clamped, 255), 0.5)) : tf.mul(clamped, 255);
  if (preprocess === "none") return tf.sub(tf.div(bytes, 127.5), 1);
  const method = preprocess === "fidelity" ? "bilinear_corner" : "bilinear";
  const whole = resize(bytes, method, side, side);
  return preprocess === "fidelity" ? tf.div(tf.sub(whole, 128), 128) : tf.sub(tf.div(whole, 127.5), 1);
}
