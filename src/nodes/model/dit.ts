import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/define-node.js";
import { silu } from "../../core/ops/silu.js";
import { sincosTable } from "../../core/ops/sincos.js";
import { unpatchify } from "../../core/ops/patchify.js";
import { model, tensor, weights } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import { ditBlock, ditBlockSpecs, mlpWidth } from "../parts/dit-block.js";
import { ditFinal, ditFinalSpecs } from "../parts/dit-final.js";
import { blockActivations, blockFlops, blockOptions, ditDims, ditParams, rotary, tokenGrid } from "../parts/dit-params.js";
import { labelEmbedding, labelEmbeddingSpecs } from "../parts/label-embedding.js";
import { patchEmbed } from "../parts/patch-embed.js";
import { timeEmbedding, timeEmbeddingSpecs } from "../parts/time-embedding.js";
import { below, frozen, patchSpecs, scope, xavier } from "../parts/weight-specs.js";

const params = z.object({
  ...ditParams,
  hidden_size: z.number().int().min(1).default(1152).describe("width"),
  depth: z.number().int().min(1).default(28).describe("blocks"),
  num_heads: z.number().int().min(1).default(16).describe("attention heads"),
  learn_sigma: z.boolean().default(false).describe("twice the output channels, of which the first half is used"),
});

/** LightningDiT (arXiv 2501.01423): one width throughout; predicts the velocity of a latent. */
export const dit = defineNode({
  kind: "model",
  type: "model.dit",
  note: "Diffusion transformer of one width (LightningDiT).",
  inputs: { x: tensor("f32[B,S,S,C]"), t: tensor("f32[B]"), label: tensor("i32[B]") },
  outputs: { velocity: tensor("f32[B,S,S,C]"), model: model("[S,S,C]"), weights: weights() },
  params,
  dims: (p) => ditDims(p, [[p.hidden_size, p.num_heads]]),
  nullLabel: (p) => p.num_classes,
  weights(p): WeightSpec[] {
    const width = p.hidden_size;
    const grid = tokenGrid(p);
    const options = blockOptions(p, p.num_heads);
    return [
      frozen("pos_embed", [1, grid * grid, width], { kind: "table", values: () => sincosTable(width, grid) }),
      ...below("x_embedder", patchSpecs("proj", p.in_channels, p.patch_size, width, xavier)),
      ...below("t_embedder", timeEmbeddingSpecs(width, xavier)),
      ...below("y_embedder", labelEmbeddingSpecs(p.num_classes, p.class_dropout_prob, width)),
      ...Array.from({ length: p.depth }, (_, i) => below(`blocks.${i}`, ditBlockSpecs(width, options, xavier))).flat(),
      ...below("final_layer", ditFinalSpecs(width, outputs(p), p.use_rmsnorm)),
    ];
  },
  apply(w, { x, t, label }, p, context) {
    const options = blockOptions(p, p.num_heads);
    const grid = tokenGrid(p);
    const tables = rotary(p, p.hidden_size, p.num_heads);
    const time = timeEmbedding(t, scope(w, "t_embedder"));
    const named = labelEmbedding(label, scope(w, "y_embedder"), p.num_classes, p.class_dropout_prob, context);
    const condition = tf.expandDims(silu({ x: tf.add(time, named) }, {}), 1);
    let h = tf.add(patchEmbed(x, scope(w, "x_embedder.proj"), p.patch_size), w("pos_embed"));
    for (let i = 0; i < p.depth; i++) h = ditBlock(h, condition, scope(w, `blocks.${i}`), options, tables);
    const out = unpatchify(ditFinal(h, condition, scope(w, "final_layer"), p.use_rmsnorm), p.patch_size, grid, grid);
    return { velocity: p.learn_sigma ? tf.slice(out, [0, 0, 0, 0], [-1, -1, -1, p.in_channels]) : out };
  },
  flops(p, dims) {
    const tokens = tokenGrid(p) ** 2;
    const width = p.hidden_size;
    const options = blockOptions(p, p.num_heads);
    const ends = 2 * tokens * width * (p.in_channels * p.patch_size ** 2 + outputs(p)) + 2 * width * (512 + 3 * width);
    return (dims["B"] ?? 1) * (p.depth * blockFlops(width, mlpWidth(width, options), tokens, 1, options) + ends);
  },
  activations(p, dims) {
    const options = blockOptions(p, p.num_heads);
    return (
      (dims["B"] ?? 1) *
      p.depth *
      blockActivations(p.hidden_size, mlpWidth(p.hidden_size, options), tokenGrid(p) ** 2, 1, options)
    );
  },
});

function outputs(p: z.output<typeof params>): number {
  return p.patch_size ** 2 * p.in_channels * (p.learn_sigma ? 2 : 1);
}
