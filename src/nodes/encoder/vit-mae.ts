import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { layerNorm } from "../../core/ops/layer-norm.js";
import { path } from "../../core/params.js";
import { tensor, weights } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import { vitBlock, vitBlockFlops } from "../parts/vit-block.js";
import { embedPatches, prependClass, vitMaeDims, vitMaeParams, vitMaeSpecs, vitSizes } from "../parts/vit-mae.js";
import { scope } from "../parts/weight-specs.js";

/**
 * The encoder of a masked autoencoder (arXiv 2111.06377) without masking: every patch token after a final norm without gain, so
 * each token has mean 0 and variance 1. The published keys start with `vit.`; keys of the pretraining decoder are ignored.
 */
export const vitMae = defineNode({
  kind: "model",
  type: "encoder.vit_mae",
  note: "Turns images into a grid of tokens with a frozen masked-autoencoder ViT.",
  inputs: { image: tensor("f32[B,H,W,c]", "in [0,1]") },
  outputs: { tokens: tensor("f32[B,h,w,D]"), weights: weights() },
  params: z.object({ weights: path("safetensors file, checkpoint folder or run folder").optional(), ...vitMaeParams }),
  dims: vitMaeDims,
  weights: (p) => vitMaeSpecs(p),
  key: (name) => (name.startsWith("decoder.") ? undefined : name),
  apply(w, { image }, p) {
    const sizes = vitSizes(p);
    let x = prependClass(embedPatches(image, w, p), w);
    for (let i = 0; i < p.num_hidden_layers; i++) x = vitBlock(x, scope(w, `vit.encoder.layer.${i}`), sizes);
    const patches = tf.slice(layerNorm({ x }, { epsilon: p.layer_norm_eps }), [0, 1, 0], [-1, -1, -1]);
    const grid = p.image_size / p.patch_size;
    return { tokens: tf.reshape(patches, [patches.shape[0] ?? 0, grid, grid, p.hidden_size]) };
  },
  flops(p, dims) {
    const tokens = (p.image_size / p.patch_size) ** 2;
    const embed = 2 * tokens * p.num_channels * p.patch_size ** 2 * p.hidden_size;
    return (dims["B"] ?? 1) * (embed + p.num_hidden_layers * vitBlockFlops(vitSizes(p), tokens + 1));
  },
});
