import { z } from "zod";
import { dinov2Layouts } from "../files/layouts/dinov2.js";
import { withPreset } from "../parts/preset.js";
import type { VitNames } from "../parts/vit-block.js";
import { frozen, weight } from "../parts/weight-specs.js";
import { dinoNames } from "./dino-names.js";
import { encoderParams, tableGrid } from "./encoder-params.js";
import { defineEncoder } from "./vit-encoder.js";

const presets = {
  small: { hidden_size: 384, num_hidden_layers: 12, num_attention_heads: 6, use_swiglu_ffn: false },
  base: { hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12, use_swiglu_ffn: false },
  large: { hidden_size: 1024, num_hidden_layers: 24, num_attention_heads: 16, use_swiglu_ffn: false },
  giant: { hidden_size: 1536, num_hidden_layers: 40, num_attention_heads: 24, use_swiglu_ffn: true },
};

const names: VitNames = { ...dinoNames, scales: ["layer_scale1.lambda1", "layer_scale2.lambda1"] };

/**
 * DINOv2 (arXiv 2304.07193), with registers (arXiv 2309.16588) or without, under the key names of its files on the hub. The position
 * table is interpolated as the published code does it: bicubic, antialiased in the models with registers only.
 */
export const dinov2 = defineEncoder({
  type: "encoder.dinov2",
  version: 1,
  note: "Turns images into a grid of tokens with a frozen DINOv2, with or without registers.",
  params: z.object({
    ...encoderParams,
    preset: z.enum(["small", "base", "large", "giant"]).default("base").describe("published sizes"),
    image_size: z.number().int().min(1).default(518).describe("side of the images that the position table was made for"),
    patch_size: z.number().int().min(1).default(14).describe("pixels per token and side"),
    num_register_tokens: z.number().int().min(0).default(4).describe("register tokens; 0 for the models without"),
    mlp_ratio: z.number().positive().default(4).describe("MLP width over width"),
    use_swiglu_ffn: z.boolean().optional().describe("SwiGLU MLP; default the preset's"),
    layerscale_value: z.number().default(1).describe("start of the branches' scales"),
    layer_norm_eps: z.number().positive().default(1e-6).describe("epsilon of the layer norms"),
    interpolate_antialias: z
      .boolean()
      .optional()
      .describe("antialias the position table's interpolation; default true with registers, false without"),
  }),
  describe(p) {
    const { hidden_size: width, use_swiglu_ffn: isGated, ...sizes } = withPreset(presets[p.preset], p);
    const grid = tableGrid(p.image_size, p.patch_size);
    const wide = Math.trunc(width * p.mlp_ratio);
    // The published models round the gated width up to a multiple of 8.
    const inner = isGated ? Math.floor((Math.trunc((wide * 2) / 3) + 7) / 8) * 8 : wide;
    const draw = { kind: "normal", std: 0.02 } as const;
    const hasRegisters = p.num_register_tokens > 0;
    return {
      block: {
        width,
        heads: sizes.num_attention_heads,
        inner,
        epsilon: p.layer_norm_eps,
        names: isGated ? { ...names, first: "mlp.weights_in", second: "mlp.weights_out" } : names,
        activation: isGated ? "swiglu" : p.hidden_act === "gelu" ? "gelu" : "gelu_tanh",
        qkvBias: p.qkv_bias,
        layerScale: p.layerscale_value,
      },
      layers: sizes.num_hidden_layers,
      patch: p.patch_size,
      channels: p.num_channels,
      grid,
      interpolation: (p.interpolate_antialias ?? hasRegisters) ? "bicubic_antialias" : "bicubic",
      root: "",
      patchKey: "embeddings.patch_embeddings.projection",
      blockKey: "encoder.layer",
      normKey: "layernorm",
      position: weight("embeddings.position_embeddings", [1, grid * grid + 1, width], draw),
      classToken: weight("embeddings.cls_token", [1, 1, width], draw),
      ...(hasRegisters ? { registers: weight("embeddings.register_tokens", [1, p.num_register_tokens, width], draw) } : {}),
      unused: [{ ...frozen("embeddings.mask_token", [1, width], { kind: "zeros" }), optional: true }],
      plainNorm: p.normalize,
      taps: p.taps,
      colours: p,
    };
  },
  layouts: dinov2Layouts,
});
