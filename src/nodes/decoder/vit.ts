import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/define-node.js";
import { linear } from "../../core/ops/linear.js";
import { unpatchify } from "../../core/ops/patchify.js";
import { sincosTable } from "../../core/ops/sincos.js";
import { path } from "../../core/params.js";
import { tensor, weights } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import { affineNorm, vitBlock, vitBlockActivations, vitBlockFlops, vitBlockSpecs } from "../parts/vit-block.js";
import type { VitSizes } from "../parts/vit-block.js";
import { imageParams, withZeroRow } from "../parts/vit-mae.js";
import { below, frozen, linearSpecs, normSpecs, scope, torchDefault, weight } from "../parts/weight-specs.js";

const params = z.object({
  weights: path("safetensors file, checkpoint folder or run folder").optional(),
  hidden_size: z.number().int().min(1).default(768).describe("channels of the latent"),
  patch_size: z.number().int().min(1).default(16).describe("pixels per token and side"),
  num_channels: z.number().int().min(1).default(3).describe("image channels"),
  decoder_hidden_size: z.number().int().min(4).default(1152).describe("width"),
  decoder_num_hidden_layers: z.number().int().min(1).default(28).describe("blocks"),
  decoder_num_attention_heads: z.number().int().min(1).default(16).describe("attention heads"),
  decoder_intermediate_size: z.number().int().min(1).default(4096).describe("width inside the MLP"),
  layer_norm_eps: z.number().positive().default(1e-12).describe("epsilon of the layer norms"),
  ...imageParams,
});
type Params = z.output<typeof params>;

/** The trained half of a representation autoencoder: a ViT that turns tokens into pixels (RAE, arXiv 2510.11690). */
export const vitDecoder = defineNode({
  kind: "model",
  type: "decoder.vit",
  note: "Turns a grid of tokens into an image.",
  inputs: { z: tensor("f32[B,h,w,C]") },
  outputs: { image: tensor("f32[B,H,W,c]", "about [0,1], not clamped"), weights: weights() },
  params,
  dims(p, known) {
    if (p.decoder_hidden_size % p.decoder_num_attention_heads !== 0)
      throw new Error(
        `decoder_hidden_size ${p.decoder_hidden_size} is not a multiple of decoder_num_attention_heads ${p.decoder_num_attention_heads}`,
      );
    if (p.image_mean.length !== p.num_channels || p.image_std.length !== p.num_channels)
      throw new Error(`image_mean and image_std need one number for each of the ${p.num_channels} channels`);
    const { h, w } = known;
    if (h !== undefined && w !== undefined && h !== w) throw new Error(`the decoder's grid must be square, not ${h}x${w}`);
    const side = { C: p.hidden_size, c: p.num_channels };
    return { ...side, ...(h === undefined ? {} : { H: h * p.patch_size }), ...(w === undefined ? {} : { W: w * p.patch_size }) };
  },
  weights(p, dims): WeightSpec[] {
    const grid = dims["h"] ?? 0;
    const width = p.decoder_hidden_size;
    return [
      ...linearSpecs("decoder_embed", p.hidden_size, width, torchDefault),
      frozen("decoder_pos_embed", [1, grid * grid + 1, width], {
        kind: "table",
        values: () => withZeroRow(sincosTable(width, grid), width),
      }),
      weight("trainable_cls_token", [1, 1, width], { kind: "zeros" }),
      ...Array.from({ length: p.decoder_num_hidden_layers }, (_, i) =>
        below(`decoder_layers.${i}`, vitBlockSpecs(sizes(p), torchDefault)),
      ).flat(),
      ...normSpecs("decoder_norm", width, true),
      ...linearSpecs("decoder_pred", width, p.patch_size ** 2 * p.num_channels, torchDefault),
    ];
  },
  apply(w, { z: latent }, p) {
    const [batch = 0, h = 0, wide = 0, channels = 0] = latent.shape;
    const tokens = tf.reshape(latent, [batch, h * wide, channels]);
    const embedded = linear(
      { x: tokens, weight: w("decoder_embed.weight"), bias: w("decoder_embed.bias") },
      { activation: "none" },
    );
    let x = tf.add(tf.concat([tf.tile(w("trainable_cls_token"), [batch, 1, 1]), embedded], 1), w("decoder_pos_embed"));
    for (let i = 0; i < p.decoder_num_hidden_layers; i++) x = vitBlock(x, scope(w, `decoder_layers.${i}`), sizes(p));
    const normed = affineNorm(tf.slice(x, [0, 1, 0], [-1, -1, -1]), scope(w, "decoder_norm"), p.layer_norm_eps);
    const pixels = linear({ x: normed, weight: w("decoder_pred.weight"), bias: w("decoder_pred.bias") }, { activation: "none" });
    const image = unpatchify(pixels, p.patch_size, h, wide);
    return { image: tf.add(tf.mul(image, tf.tensor1d(p.image_std)), tf.tensor1d(p.image_mean)) };
  },
  flops(p, dims) {
    const tokens = (dims["h"] ?? 0) * (dims["w"] ?? 0);
    const ends = 2 * tokens * p.decoder_hidden_size * (p.hidden_size + p.patch_size ** 2 * p.num_channels);
    return (dims["B"] ?? 1) * (ends + p.decoder_num_hidden_layers * vitBlockFlops(sizes(p), tokens + 1));
  },
  activations: (p, dims) =>
    (dims["B"] ?? 1) * p.decoder_num_hidden_layers * vitBlockActivations(sizes(p), (dims["h"] ?? 0) * (dims["w"] ?? 0) + 1),
});

function sizes(p: Params): VitSizes {
  return {
    width: p.decoder_hidden_size,
    heads: p.decoder_num_attention_heads,
    inner: p.decoder_intermediate_size,
    epsilon: p.layer_norm_eps,
  };
}
