import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { Weights } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { weightsPath } from "../../core/params.js";
import { tensor, weights } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { convolve, maxPool } from "../parts/convolve.js";
import { unitLength } from "../parts/unit-length.js";
import { frozen } from "../parts/weight-specs.js";

/** Convolutions before each tap of torchvision's VGG16, by their place in `features` and their channels; a pool stands between taps. */
export const taps: readonly (readonly (readonly [place: number, channels: number])[])[] = [
  [[0, 64], [2, 64]],
  [[5, 128], [7, 128]],
  [[10, 256], [12, 256], [14, 256]],
  [[17, 512], [19, 512], [21, 512]],
  [[24, 512], [26, 512], [28, 512]],
]; // prettier-ignore

/** Channels of all taps together. */
export const tapChannels = taps.reduce((sum, layers) => sum + (layers.at(-1)?.[1] ?? 0), 0);

const shift = [-0.03, -0.088, -0.188];
const scale = [0.458, 0.448, 0.45];

/**
 * How differently VGG16 (arXiv 1409.1556, with ImageNet weights of torchvision) sees two images: at five depths each position's features
 * are brought to length 1, f / (‖f‖ + 1e-10); their squared differences, meant over positions, stand for each of the 1472 channels.
 * loss.lpips weighs them; for LPIPS the mean over positions and the weights may change places.
 */
export const vgg16Difference = defineNode({
  kind: "model",
  type: "loss.vgg16_difference",
  version: 1,
  note: "Squared differences of VGG16's features between images and a reference, for loss.lpips.",
  inputs: { image: tensor("f32[B,H,W,3]", "in [0,1]"), reference: tensor("f32[B,H,W,3]", "in [0,1]") },
  outputs: { difference: tensor(`f32[B,${tapChannels}]`), weights: weights() },
  params: z.object({ weights: weightsPath() }),
  dims(_params, { H, W }) {
    if (Math.min(H ?? 16, W ?? 16) < 16) throw new Error(`VGG16 halves images four times; ${H}x${W} is smaller than 16x16`);
    return {};
  },
  // Multiply-adds of the 13 convolutions on 224x224 pixels: 15.3e9.
  flops: (_params, { B = 1, H = 224, W = 224 }) => (2 * B * 2 * 15.3e9 * H * W) / 224 ** 2,
  weights: () => specs,
  published: "VGG16 of torchvision is vgg16-397923af.pth, at https://download.pytorch.org/models/vgg16-397923af.pth",
  layouts: [{ name: "VGG16 (torchvision)", ignore: ["classifier.**"] }],
  apply(weight, { image, reference }) {
    const seen = [image, reference].map((pixels) => features(weight, pixels));
    const differences = (seen[0] ?? []).map((a, i) =>
      tf.mean(tf.square(tf.sub(unitLength(a), unitLength(seen[1]?.[i] ?? a))), [1, 2]),
    );
    return { difference: tf.concat(differences, 1) };
  },
});

const specs: readonly WeightSpec[] = taps.flat().flatMap(([place, channels], i, all) => {
  const inputs = all[i - 1]?.[1] ?? 3;
  return [
    frozen(`features.${place}.weight`, [channels, inputs, 3, 3], { kind: "normal", std: Math.sqrt(2 / (9 * inputs)) }),
    frozen(`features.${place}.bias`, [channels], { kind: "zeros" }),
  ];
});

function features(weight: Weights, pixels: Tensor): Tensor[] {
  let x = tf.div(tf.sub(tf.sub(tf.mul(pixels, 2), 1), shift), scale);
  return taps.map((layers, i) => {
    if (i > 0) x = maxPool(x, 2, { stride: 2 });
    for (const [place] of layers)
      x = tf.relu(convolve(x, weight(`features.${place}.weight`), weight(`features.${place}.bias`), { pad: [1, 1] }));
    return x;
  });
}
