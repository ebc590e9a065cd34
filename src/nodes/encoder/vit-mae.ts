import { z } from "zod";
import { sincosTable } from "../../core/ops/sincos.js";
import { vitMaeLayouts } from "../files/layouts/vit-mae.js";
import { presetSize, withPreset } from "../parts/preset.js";
import { withZeroRow } from "../parts/vit-mae.js";
import { frozen, weight } from "../parts/weight-specs.js";
import { encoderParams, tableGrid } from "./encoder-params.js";
import { defineEncoder } from "./vit-encoder.js";

const presets = {
  base: { patch_size: 16, hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12, intermediate_size: 3072 },
  large: { patch_size: 16, hidden_size: 1024, num_hidden_layers: 24, num_attention_heads: 16, intermediate_size: 4096 },
  huge: { patch_size: 14, hidden_size: 1280, num_hidden_layers: 32, num_attention_heads: 16, intermediate_size: 5120 },
};

/**
 * The encoder of a masked autoencoder (arXiv 2111.06377) without masking. The published keys start with `vit.`; keys of the
 * pretraining decoder are ignored.
 */
export const vitMae = defineEncoder({
  type: "encoder.vit_mae",
  version: 1,
  note: "Turns images into a grid of tokens with a frozen masked-autoencoder ViT.",
  params: z.object({
    ...encoderParams,
    preset: z.enum(["base", "large", "huge"]).default("base").describe("published sizes"),
    image_size: z.number().int().min(1).default(224).describe("side of the images that the position table was made for"),
    patch_size: presetSize("pixels per token and side"),
    intermediate_size: presetSize("width inside the MLP"),
    layer_norm_eps: z.number().positive().default(1e-12).describe("epsilon of the layer norms"),
  }),
  describe(p) {
    const sizes = withPreset(presets[p.preset], p);
    const grid = tableGrid(p.image_size, sizes.patch_size);
    const width = sizes.hidden_size;
    if (width % 4 !== 0) throw new Error(`the position table needs a hidden_size that is a multiple of 4, not ${width}`);
    return {
      block: {
        width,
        heads: sizes.num_attention_heads,
        inner: sizes.intermediate_size,
        epsilon: p.layer_norm_eps,
        activation: p.hidden_act === "gelu" ? "gelu" : "gelu_tanh",
        qkvBias: p.qkv_bias,
      },
      layers: sizes.num_hidden_layers,
      patch: sizes.patch_size,
      channels: p.num_channels,
      grid,
      interpolation: "bicubic",
      root: "vit",
      patchKey: "embeddings.patch_embeddings.projection",
      blockKey: "encoder.layer",
      normKey: "layernorm",
      position: frozen("embeddings.position_embeddings", [1, grid * grid + 1, width], {
        kind: "table",
        values: () => withZeroRow(sincosTable(width, grid), width),
      }),
      classToken: weight("embeddings.cls_token", [1, 1, width], { kind: "normal", std: 0.02 }),
      plainNorm: p.normalize,
      taps: p.taps,
      colours: p,
    };
  },
  layouts: vitMaeLayouts,
});
