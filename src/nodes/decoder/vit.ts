import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { linear } from "../../core/ops/linear.js";
import { unpatchify } from "../../core/ops/patchify.js";
import { sincosTable } from "../../core/ops/sincos.js";
import { configFile, weightsPath } from "../../core/params.js";
import { tensor, weights } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { raeDecoderLayouts } from "../files/layouts/rae-decoder.js";
import { ofBatch } from "../parts/largest.js";
import { presetSize, withPreset } from "../parts/preset.js";
import { resize } from "../parts/resize.js";
import { affineNorm, vitBlock, vitBlockActivations, vitBlockFlops, vitBlockLargest, vitBlockSpecs } from "../parts/vit-block.js";
import type { VitSizes } from "../parts/vit-block.js";
import { imageParams, withZeroRow } from "../parts/vit-mae.js";
import { below, frozen, linearSpecs, normSpecs, scope, torchDefault, weight } from "../parts/weight-specs.js";

const presets = {
  B: {
    decoder_hidden_size: 768,
    decoder_num_hidden_layers: 12,
    decoder_num_attention_heads: 12,
    decoder_intermediate_size: 3072,
  },
  L: {
    decoder_hidden_size: 1024,
    decoder_num_hidden_layers: 24,
    decoder_num_attention_heads: 16,
    decoder_intermediate_size: 4096,
  },
  XL: {
    decoder_hidden_size: 1152,
    decoder_num_hidden_layers: 28,
    decoder_num_attention_heads: 16,
    decoder_intermediate_size: 4096,
  },
};

const params = z.object({
  weights: weightsPath(),
  config: configFile().optional(),
  preset: z.enum(["B", "L", "XL"]).default("XL").describe("published sizes"),
  hidden_size: z.number().int().min(1).default(768).describe("channels of the latent"),
  patch_size: z.number().int().min(1).default(16).describe("pixels per token and side"),
  num_channels: z.number().int().min(1).default(3).describe("image channels"),
  num_patches: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe(
      "tokens that the decoder works on, a square number; a latent of another size is interpolated; default the latent's own",
    ),
  decoder_hidden_size: presetSize("width"),
  decoder_num_hidden_layers: presetSize("blocks"),
  decoder_num_attention_heads: presetSize("attention heads"),
  decoder_intermediate_size: presetSize("width inside the MLP"),
  layer_norm_eps: z.number().positive().default(1e-12).describe("epsilon of the layer norms"),
  ...imageParams,
});
type Params = z.output<typeof params>;

/** The trained half of a representation autoencoder: a ViT that turns tokens into pixels (RAE, arXiv 2510.11690). */
export const vitDecoder = defineNode({
  kind: "model",
  type: "decoder.vit",
  note: "Turns a grid of tokens into an image.",
  pure: "sample",
  inputs: { z: tensor("f32[B,h,w,C]") },
  outputs: {
    image: tensor("f32[B,H,W,c]", "about [0,1], not clamped"),
    logits: tensor("f32[B,N,P]", "the same numbers token by token, colours still normalised, channel fastest"),
    weights: weights(),
  },
  params,
  dims(p, known) {
    const size = sizes(p);
    if (size.width % size.heads !== 0)
      throw new Error(`decoder_hidden_size ${size.width} is not a multiple of decoder_num_attention_heads ${size.heads}`);
    if (size.width % 4 !== 0)
      throw new Error(`the position table needs a decoder_hidden_size that is a multiple of 4, not ${size.width}`);
    if (p.image_mean.length !== p.num_channels || p.image_std.length !== p.num_channels)
      throw new Error(`image_mean and image_std need one number for each of the ${p.num_channels} channels`);
    const { h, w } = known;
    if (h !== undefined && w !== undefined && h !== w) throw new Error(`the decoder's grid must be square, not ${h}x${w}`);
    const grid = gridOf(p, h ?? w);
    return {
      C: p.hidden_size,
      c: p.num_channels,
      P: p.patch_size ** 2 * p.num_channels,
      ...(grid === undefined ? {} : { N: grid ** 2, H: grid * p.patch_size, W: grid * p.patch_size }),
    };
  },
  layouts: raeDecoderLayouts,
  weights(p, dims): WeightSpec[] {
    const grid = gridOf(p, dims["h"]) ?? 0;
    const { width } = sizes(p);
    return [
      ...linearSpecs("decoder_embed", p.hidden_size, width, torchDefault),
      frozen("decoder_pos_embed", [1, grid * grid + 1, width], {
        kind: "table",
        values: () => withZeroRow(sincosTable(width, grid), width),
      }),
      weight("trainable_cls_token", [1, 1, width], { kind: "zeros" }),
      ...Array.from({ length: layersOf(p) }, (_, i) =>
        below(`decoder_layers.${i}`, vitBlockSpecs(sizes(p), torchDefault)),
      ).flat(),
      ...normSpecs("decoder_norm", width, true),
      ...linearSpecs("decoder_pred", width, p.patch_size ** 2 * p.num_channels, torchDefault),
    ];
  },
  apply(w, { z: latent }, p) {
    const [batch = 0, h = 0, wide = 0] = latent.shape;
    const grid = gridOf(p, h) ?? 0;
    const dense = (x: Tensor, name: string): Tensor =>
      linear({ x, weight: w(`${name}.weight`), bias: w(`${name}.bias`) }, { activation: "none" });
    const embedded = dense(latent, "decoder_embed");
    const fitted = h === grid && wide === grid ? embedded : resize(embedded, "bilinear", grid, grid);
    const tokens = tf.reshape(fitted, [batch, grid * grid, -1]);
    let x = tf.add(tf.concat([tf.tile(w("trainable_cls_token"), [batch, 1, 1]), tokens], 1), w("decoder_pos_embed"));
    for (let i = 0; i < layersOf(p); i++) x = vitBlock(x, scope(w, `decoder_layers.${i}`), sizes(p));
    const normed = affineNorm(tf.slice(x, [0, 1, 0], [-1, -1, -1]), scope(w, "decoder_norm"), p.layer_norm_eps);
    const logits = dense(normed, "decoder_pred");
    const image = unpatchify(logits, p.patch_size, grid, grid);
    return { image: tf.add(tf.mul(image, tf.tensor1d(p.image_std)), tf.tensor1d(p.image_mean)), logits };
  },
  flops(p, dims) {
    const tokens = dims["N"] ?? 0;
    const embed = (dims["h"] ?? 0) * (dims["w"] ?? 0) * p.hidden_size;
    const ends = 2 * sizes(p).width * (embed + tokens * p.patch_size ** 2 * p.num_channels);
    return (dims["B"] ?? 1) * (ends + layersOf(p) * vitBlockFlops(sizes(p), tokens + 1));
  },
  activations: (p, dims) => (dims["B"] ?? 1) * layersOf(p) * vitBlockActivations(sizes(p), (dims["N"] ?? 0) + 1),
  largest: (p, dims) => ofBatch(vitBlockLargest(sizes(p), (dims["N"] ?? 0) + 1), dims["B"]),
});

function sizes(p: Params): VitSizes {
  const size = withPreset(presets[p.preset], p);
  return {
    width: size.decoder_hidden_size,
    heads: size.decoder_num_attention_heads,
    inner: size.decoder_intermediate_size,
    epsilon: p.layer_norm_eps,
  };
}

function layersOf(p: Params): number {
  return withPreset(presets[p.preset], p).decoder_num_hidden_layers;
}

/** Side of the grid that the decoder works on; undefined while the latent's is unknown and no param says it. */
function gridOf(p: Params, latent: number | undefined): number | undefined {
  if (p.num_patches === undefined) return latent;
  const grid = Math.sqrt(p.num_patches);
  if (!Number.isInteger(grid)) throw new Error(`num_patches ${p.num_patches} is no square number`);
  return grid;
}
