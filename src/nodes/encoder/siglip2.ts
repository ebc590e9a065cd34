import { z } from "zod";
import { siglip2Layouts } from "../files/layouts/siglip2.js";
import { presetSize, withPreset } from "../parts/preset.js";
import type { VitNames } from "../parts/vit-block.js";
import { weight } from "../parts/weight-specs.js";
import { encoderParams, tableGrid } from "./encoder-params.js";
import { defineEncoder } from "./vit-encoder.js";

const presets = {
  base: { hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12, intermediate_size: 3072 },
  large: { hidden_size: 1024, num_hidden_layers: 24, num_attention_heads: 16, intermediate_size: 4096 },
  so400m: { hidden_size: 1152, num_hidden_layers: 27, num_attention_heads: 16, intermediate_size: 4304 },
};

const names: VitNames = {
  query: "self_attn.q_proj",
  key: "self_attn.k_proj",
  value: "self_attn.v_proj",
  out: "self_attn.out_proj",
  first: "mlp.fc1",
  second: "mlp.fc2",
  before: "layer_norm1",
  after: "layer_norm2",
};

/**
 * The vision tower of SigLIP2 (arXiv 2502.14786) for square images of one size: no class token, a learned position table, GELU in its tanh
 * form. The attention-pooling head and the text tower are not used.
 */
export const siglip2 = defineEncoder({
  type: "encoder.siglip2",
  version: 1,
  note: "Turns images into a grid of tokens with the frozen vision tower of SigLIP2.",
  params: z.object({
    ...encoderParams,
    preset: z.enum(["base", "large", "so400m"]).default("base").describe("published sizes"),
    image_size: z.number().int().min(1).default(256).describe("side of the images that the position table was made for"),
    patch_size: z.number().int().min(1).default(16).describe("pixels per token and side"),
    intermediate_size: presetSize("width inside the MLP"),
    hidden_act: encoderParams.hidden_act.unwrap().default("gelu_pytorch_tanh").describe("tanh form of GELU, or exact GELU"),
    layer_norm_eps: z.number().positive().default(1e-6).describe("epsilon of the layer norms"),
    image_mean: encoderParams.image_mean
      .unwrap()
      .default([0.5, 0.5, 0.5])
      .describe("subtracted from images in [0,1], one per channel"),
    image_std: encoderParams.image_std.unwrap().default([0.5, 0.5, 0.5]).describe("divides after, one per channel"),
  }),
  describe(p) {
    const sizes = withPreset(presets[p.preset], p);
    const grid = tableGrid(p.image_size, p.patch_size);
    return {
      block: {
        width: sizes.hidden_size,
        heads: sizes.num_attention_heads,
        inner: sizes.intermediate_size,
        epsilon: p.layer_norm_eps,
        names,
        activation: p.hidden_act === "gelu" ? "gelu" : "gelu_tanh",
        qkvBias: p.qkv_bias,
      },
      layers: sizes.num_hidden_layers,
      patch: p.patch_size,
      channels: p.num_channels,
      grid,
      interpolation: "bicubic",
      root: "vision_model",
      patchKey: "embeddings.patch_embedding",
      blockKey: "encoder.layers",
      normKey: "post_layernorm",
      position: weight("embeddings.position_embedding.weight", [grid * grid, sizes.hidden_size], { kind: "normal", std: 0.02 }),
      plainNorm: p.normalize,
      taps: p.taps,
      colours: p,
    };
  },
  layouts: siglip2Layouts,
});
