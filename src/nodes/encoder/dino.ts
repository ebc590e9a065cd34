import { z } from "zod";
import { path } from "../../core/params.js";
import { dinov2Layouts } from "../files/layouts/dinov2.js";
import { withPreset } from "../parts/preset.js";
import { weight } from "../parts/weight-specs.js";
import { dinoNames } from "./dino-names.js";
import { encoderParams, tableGrid } from "./encoder-params.js";
import { defineEncoder } from "./vit-encoder.js";

const presets = {
  S_8: { patch_size: 8, hidden_size: 384, num_hidden_layers: 12, num_attention_heads: 6 },
  S_16: { patch_size: 16, hidden_size: 384, num_hidden_layers: 12, num_attention_heads: 6 },
  B_16: { patch_size: 16, hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12 },
};

const published =
  "DINO ViT-S/8 is dino_vit_small_patch8_224.pth in the folder discs of https://huggingface.co/nyu-visionx/RAE-collections";

/**
 * DINO (arXiv 2104.14294), the frozen trunk of the published critic: `taps: [11, 2, 5, 8, 11]` of images of 224 pixels, GELU in its tanh form. The
 * critic zeroes the bias of the keys; softmax does not see it, so it is left as it is.
 */
export const dino = defineEncoder({
  type: "encoder.dino",
  version: 1,
  note: "Turns images into a grid of tokens with a frozen DINO, the trunk of the published critic.",
  params: z.object({
    ...encoderParams,
    weights: path(`published weights; ${published}`),
    preset: z.enum(["S_8", "S_16", "B_16"]).default("S_8").describe("published sizes"),
    image_size: z.number().int().min(1).default(224).describe("side of the images that the position table was made for"),
    patch_size: z.number().int().min(1).optional().describe("pixels per token and side; default the preset's"),
    mlp_ratio: z.number().positive().default(4).describe("MLP width over width"),
    hidden_act: encoderParams.hidden_act.unwrap().default("gelu_pytorch_tanh").describe("tanh form of GELU, or exact GELU"),
    layer_norm_eps: z.number().positive().default(1e-6).describe("epsilon of the layer norms"),
  }),
  describe(p) {
    const { hidden_size: width, patch_size: patch, ...sizes } = withPreset(presets[p.preset], p);
    const grid = tableGrid(p.image_size, patch);
    const draw = { kind: "normal", std: 0.02 } as const;
    return {
      block: {
        width,
        heads: sizes.num_attention_heads,
        inner: Math.trunc(width * p.mlp_ratio),
        epsilon: p.layer_norm_eps,
        names: dinoNames,
        activation: p.hidden_act === "gelu" ? "gelu" : "gelu_tanh",
        qkvBias: p.qkv_bias,
      },
      layers: sizes.num_hidden_layers,
      patch,
      channels: p.num_channels,
      grid,
      interpolation: "bicubic",
      root: "",
      patchKey: "embeddings.patch_embeddings.projection",
      blockKey: "encoder.layer",
      normKey: "layernorm",
      position: weight("embeddings.position_embeddings", [1, grid * grid + 1, width], draw),
      classToken: weight("embeddings.cls_token", [1, 1, width], draw),
      plainNorm: p.normalize,
      taps: p.taps,
      colours: p,
    };
  },
  layouts: dinov2Layouts,
  published,
});
