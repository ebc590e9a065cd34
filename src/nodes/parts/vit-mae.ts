import { z } from "zod";
import type { Weights } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { sincosTable } from "../../core/ops/sincos.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { patchEmbed } from "./patch-embed.js";
import { vitBlockSpecs } from "./vit-block.js";
import type { VitSizes } from "./vit-block.js";
import { below, frozen, normSpecs, patchSpecs, scope, weight, xavier } from "./weight-specs.js";

/** Mean and deviation of ImageNet's colours, the published preprocessing. */
export const imagenetMean = [0.485, 0.456, 0.406];
export const imagenetStd = [0.229, 0.224, 0.225];

/** Per-channel normalisation of images in [0,1]. */
export const imageParams = {
  image_mean: z.array(z.number()).default(imagenetMean).describe("subtracted from images in [0,1], one per channel"),
  image_std: z.array(z.number().positive()).default(imagenetStd).describe("divides after, one per channel"),
};

/** Sizes of a ViT-MAE encoder, under the names of its published configuration. */
export const vitMaeParams = {
  image_size: z.number().int().min(1).default(224).describe("side of the images"),
  patch_size: z.number().int().min(1).default(16).describe("pixels per token and side"),
  num_channels: z.number().int().min(1).default(3).describe("image channels"),
  hidden_size: z.number().int().min(1).default(768).describe("width"),
  num_hidden_layers: z.number().int().min(1).default(12).describe("blocks"),
  num_attention_heads: z.number().int().min(1).default(12).describe("attention heads"),
  intermediate_size: z.number().int().min(1).default(3072).describe("width inside the MLP"),
  layer_norm_eps: z.number().positive().default(1e-12).describe("epsilon of the layer norms"),
  ...imageParams,
};
export type VitMaeParams = z.output<z.ZodObject<typeof vitMaeParams>>;

/** Sizes for the blocks. */
export function vitSizes(p: VitMaeParams): VitSizes {
  return { width: p.hidden_size, heads: p.num_attention_heads, inner: p.intermediate_size, epsilon: p.layer_norm_eps };
}

/** Port sizes: H, W, c of the image, h, w of the latent grid, D. Throws where they do not fit. */
export function vitMaeDims(p: VitMaeParams): Record<string, number> {
  if (p.image_size % p.patch_size !== 0)
    throw new Error(`image_size ${p.image_size} is not a multiple of patch_size ${p.patch_size}`);
  if (p.hidden_size % p.num_attention_heads !== 0)
    throw new Error(`hidden_size ${p.hidden_size} is not a multiple of num_attention_heads ${p.num_attention_heads}`);
  if (p.hidden_size % 4 !== 0)
    throw new Error(`the position table needs a hidden_size that is a multiple of 4, not ${p.hidden_size}`);
  if (p.image_mean.length !== p.num_channels || p.image_std.length !== p.num_channels)
    throw new Error(`image_mean and image_std need one number for each of the ${p.num_channels} channels`);
  const grid = p.image_size / p.patch_size;
  return { H: p.image_size, W: p.image_size, c: p.num_channels, h: grid, w: grid, D: p.hidden_size };
}

/** Weights of the encoder below `vit.`, as published. */
export function vitMaeSpecs(p: VitMaeParams): WeightSpec[] {
  const grid = p.image_size / p.patch_size;
  const table = (): Float32Array => withZeroRow(sincosTable(p.hidden_size, grid), p.hidden_size);
  return below("vit", [
    weight("embeddings.cls_token", [1, 1, p.hidden_size], { kind: "normal", std: 0.02 }),
    frozen("embeddings.position_embeddings", [1, grid * grid + 1, p.hidden_size], { kind: "table", values: table }),
    ...patchSpecs("embeddings.patch_embeddings.projection", p.num_channels, p.patch_size, p.hidden_size, xavier),
    ...Array.from({ length: p.num_hidden_layers }, (_, i) =>
      below(`encoder.layer.${i}`, vitBlockSpecs(vitSizes(p), xavier)),
    ).flat(),
    ...normSpecs("layernorm", p.hidden_size, true),
  ]);
}

/** A position table with a row of zeros before it, for the class token. */
export function withZeroRow(table: Float32Array, width: number): Float32Array {
  const all = new Float32Array(table.length + width);
  all.set(table, width);
  return all;
}

/** (image − mean) / std per channel. */
export function normalizeImage(image: Tensor, p: { image_mean: number[]; image_std: number[] }): Tensor {
  return tf.div(tf.sub(image, tf.tensor1d(p.image_mean)), tf.tensor1d(p.image_std));
}

/** Patch tokens plus positions, without the class token: `[B,H,W,c]` -> `[B,N,D]`. */
export function embedPatches(image: Tensor, weights: Weights, p: VitMaeParams): Tensor {
  const tokens = patchEmbed(normalizeImage(image, p), scope(weights, "vit.embeddings.patch_embeddings.projection"), p.patch_size);
  const positions = tf.slice(weights("vit.embeddings.position_embeddings"), [0, 1, 0], [1, -1, -1]);
  return tf.add(tokens, positions);
}

/** Puts the class token, with its row of the position table, before the others. */
export function prependClass(tokens: Tensor, weights: Weights): Tensor {
  const batch = tokens.shape[0] ?? 0;
  const row = tf.slice(weights("vit.embeddings.position_embeddings"), [0, 0, 0], [1, 1, -1]);
  const first = tf.add(weights("vit.embeddings.cls_token"), row);
  return tf.concat([tf.tile(first, [batch, 1, 1]), tokens], 1);
}
