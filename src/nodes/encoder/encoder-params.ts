import { z } from "zod";
import { configFile, weightsPath } from "../../core/params.js";
import { presetSize } from "../parts/preset.js";
import { imageParams } from "../parts/vit-mae.js";

/** Params that every encoder shares, under their published names. Sizes that stay open are those of `preset`. */
export const encoderParams = {
  weights: weightsPath(),
  config: configFile().optional(),
  num_channels: z.number().int().min(1).default(3).describe("image channels"),
  hidden_size: presetSize("width"),
  num_hidden_layers: presetSize("blocks"),
  num_attention_heads: presetSize("attention heads"),
  qkv_bias: z.boolean().default(true).describe("bias of queries, keys and values"),
  hidden_act: z.enum(["gelu", "gelu_pytorch_tanh"]).default("gelu").describe("exact GELU, or its tanh form"),
  normalize: z
    .boolean()
    .default(true)
    .describe(
      "end with a norm without gain and bias, as representation autoencoders do; false keeps the published gain and bias",
    ),
  taps: z
    .array(z.number().int().min(0))
    .default([])
    .describe("blocks, counted from 0, whose tokens the output `taps` gives, in this order; a block may stand twice"),
  ...imageParams,
};

/** The table's side in patches. Throws where the patch does not divide the image. */
export function tableGrid(imageSize: number, patch: number): number {
  if (imageSize % patch !== 0) throw new Error(`image_size ${imageSize} is not a multiple of patch_size ${patch}`);
  return imageSize / patch;
}
