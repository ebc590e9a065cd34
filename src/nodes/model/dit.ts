import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { silu } from "../../core/ops/silu.js";
import { sincosTable } from "../../core/ops/sincos.js";
import { unpatchify } from "../../core/ops/patchify.js";
import { model, tensor, weights } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import { ditLayouts } from "../files/layouts/dit.js";
import { ditBlock, ditBlockSpecs, mlpWidth } from "../parts/dit-block.js";
import { ditFinal, ditFinalSpecs } from "../parts/dit-final.js";
import {
  blockActivations,
  blockFlops,
  blockLargest,
  blockOptions,
  ditDims,
  ditParams,
  dropChance,
  rotary,
  savedRotary,
  tokenGrid,
} from "../parts/dit-params.js";
import type { Stack } from "../parts/dit-params.js";
import { labelEmbedding, labelEmbeddingSpecs } from "../parts/label-embedding.js";
import { ofBatch } from "../parts/largest.js";
import { patchEmbed } from "../parts/patch-embed.js";
import { presetSize, withPreset } from "../parts/preset.js";
import { timeEmbedding, timeEmbeddingSpecs } from "../parts/time-embedding.js";
import { below, frozen, patchSpecs, scope, xavier } from "../parts/weight-specs.js";

const presets = {
  S: { hidden_size: 384, depth: 12, num_heads: 6 },
  B: { hidden_size: 768, depth: 12, num_heads: 12 },
  L: { hidden_size: 1024, depth: 24, num_heads: 16 },
  XL: { hidden_size: 1152, depth: 28, num_heads: 16 },
};

const params = z.object({
  ...ditParams,
  preset: z.enum(["S", "B", "L", "XL"]).default("XL").describe("published sizes"),
  patch_size: z.number().int().min(1).default(1).describe("latent positions per token and side"),
  hidden_size: presetSize("width"),
  depth: presetSize("blocks"),
  num_heads: presetSize("attention heads"),
  learn_sigma: z.boolean().default(false).describe("twice the output channels, of which the first half is used"),
});
type Params = z.output<typeof params>;

/** LightningDiT (arXiv 2501.01423): one width throughout; predicts the velocity of a latent. */
export const dit = defineNode({
  kind: "model",
  type: "model.dit",
  note: "Diffusion transformer of one width (LightningDiT).",
  inputs: { x: tensor("f32[B,S,S,C]"), t: tensor("f32[B]"), label: tensor("i32[B]") },
  outputs: { velocity: tensor("f32[B,S,S,C]"), model: model("[S,S,C]"), weights: weights() },
  params,
  dims: (p) => ditDims(p, [stackOf(p)]),
  layouts: ditLayouts,
  tables: (p) => savedRotary(p, "feat_rope", stackOf(p)),
  nullLabel: (p) => p.num_classes,
  weights(p): WeightSpec[] {
    const { width, depth, heads, patch } = stackOf(p);
    const grid = tokenGrid(p, patch);
    const options = blockOptions(p, heads);
    return [
      ...(p.use_pos_embed
        ? [frozen("pos_embed", [1, grid * grid, width], { kind: "table", values: () => sincosTable(width, grid) })]
        : []),
      ...below("x_embedder", patchSpecs("proj", p.in_channels, patch, width, xavier)),
      ...below("t_embedder", timeEmbeddingSpecs(width, xavier)),
      ...below("y_embedder", labelEmbeddingSpecs(p.num_classes, p.class_dropout_prob, width)),
      ...Array.from({ length: depth }, (_, i) => below(`blocks.${i}`, ditBlockSpecs(width, options, xavier))).flat(),
      ...below("final_layer", ditFinalSpecs(width, outputs(p), p.use_rmsnorm)),
    ];
  },
  apply(w, { x, t, label }, p, context) {
    const { width, depth, heads, patch } = stackOf(p);
    const options = blockOptions(p, heads);
    const grid = tokenGrid(p, patch);
    const tables = rotary(p, width, heads, grid);
    const time = timeEmbedding(t, scope(w, "t_embedder"));
    const named = labelEmbedding(label, scope(w, "y_embedder"), p.num_classes, dropChance(p), context);
    const condition = tf.expandDims(silu({ x: tf.add(time, named) }, {}), 1);
    const patches = patchEmbed(x, scope(w, "x_embedder.proj"), patch);
    let h = p.use_pos_embed ? tf.add(patches, w("pos_embed")) : patches;
    for (let i = 0; i < depth; i++) h = ditBlock(h, condition, scope(w, `blocks.${i}`), options, tables);
    const out = unpatchify(ditFinal(h, condition, scope(w, "final_layer"), p.use_rmsnorm), patch, grid, grid);
    return { velocity: p.learn_sigma ? tf.slice(out, [0, 0, 0, 0], [-1, -1, -1, p.in_channels]) : out };
  },
  flops(p, dims) {
    const { width, depth, heads, patch } = stackOf(p);
    const tokens = tokenGrid(p, patch) ** 2;
    const options = blockOptions(p, heads);
    const ends = 2 * tokens * width * (p.in_channels * patch ** 2 + outputs(p)) + 2 * width * (512 + 3 * width);
    return (dims["B"] ?? 1) * (depth * blockFlops(width, mlpWidth(width, options), tokens, 1, options) + ends);
  },
  activations(p, dims) {
    const { width, depth, heads, patch } = stackOf(p);
    const options = blockOptions(p, heads);
    const tokens = tokenGrid(p, patch) ** 2;
    return (dims["B"] ?? 1) * depth * blockActivations(width, mlpWidth(width, options), tokens, 1, options);
  },
  largest(p, dims) {
    const { width, heads, patch } = stackOf(p);
    const options = blockOptions(p, heads);
    return ofBatch(blockLargest(width, mlpWidth(width, options), tokenGrid(p, patch) ** 2, 1, options), dims["B"]);
  },
});

function stackOf(p: Params): Stack {
  const { hidden_size: width, depth, num_heads: heads } = withPreset(presets[p.preset], p);
  return { width, depth, heads, patch: p.patch_size };
}

function outputs(p: Params): number {
  return p.patch_size ** 2 * p.in_channels * (p.learn_sigma ? 2 : 1);
}
