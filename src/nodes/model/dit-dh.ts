import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/define-node.js";
import { silu } from "../../core/ops/silu.js";
import { sincosTable } from "../../core/ops/sincos.js";
import { unpatchify } from "../../core/ops/patchify.js";
import { model, tensor, weights } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import { dense, ditBlock, ditBlockSpecs, mlpWidth } from "../parts/dit-block.js";
import { ditFinal, ditFinalSpecs } from "../parts/dit-final.js";
import { blockActivations, blockFlops, blockOptions, ditDims, ditParams, rotary, tokenGrid } from "../parts/dit-params.js";
import { labelEmbedding, labelEmbeddingSpecs } from "../parts/label-embedding.js";
import { patchEmbed } from "../parts/patch-embed.js";
import { timeEmbedding, timeEmbeddingSpecs } from "../parts/time-embedding.js";
import { below, frozen, linearSpecs, normalWeight, patchSpecs, scope, torchDefault, xavier } from "../parts/weight-specs.js";

const pair = (what: string): z.ZodTuple<[z.ZodNumber, z.ZodNumber]> =>
  z.tuple([z.number().int().min(1), z.number().int().min(1)]).describe(`${what}: body, head`);

const params = z.object({
  ...ditParams,
  hidden_size: pair("widths").default([1152, 2048]),
  depth: pair("blocks").default([28, 2]),
  num_heads: pair("attention heads").default([16, 16]),
  use_pos_embed: z.boolean().default(true).describe("add a position table to the body's tokens"),
});
type Params = z.output<typeof params>;

/**
 * DiT-DH (RAE, arXiv 2510.11690): a deep narrow body finds what the latent shows, a shallow wide head, conditioned on it per
 * token, gives the velocity. The width rule (width at least the token's) binds only the head.
 */
export const ditDh = defineNode({
  kind: "model",
  type: "model.dit_dh",
  note: "Diffusion transformer with a wide shallow head (DiT-DH).",
  inputs: { x: tensor("f32[B,S,S,C]"), t: tensor("f32[B]"), label: tensor("i32[B]") },
  outputs: { velocity: tensor("f32[B,S,S,C]"), model: model("[S,S,C]"), weights: weights() },
  params,
  dims: (p) =>
    ditDims(p, [
      [p.hidden_size[0], p.num_heads[0]],
      [p.hidden_size[1], p.num_heads[1]],
    ]),
  nullLabel: (p) => p.num_classes,
  weights(p): WeightSpec[] {
    const [body, head] = p.hidden_size;
    const grid = tokenGrid(p);
    return [
      ...(p.use_pos_embed
        ? [frozen("pos_embed", [1, grid * grid, body], { kind: "table", values: () => sincosTable(body, grid) })]
        : []),
      ...below("s_embedder", patchSpecs("proj", p.in_channels, p.patch_size, body, xavier)),
      ...below("x_embedder", patchSpecs("proj", p.in_channels, p.patch_size, head, xavier)),
      ...(body === head ? [] : linearSpecs("s_projector", body, head, torchDefault)),
      ...below("t_embedder", timeEmbeddingSpecs(body, normalWeight(0.02, torchDefault))),
      ...below("y_embedder", labelEmbeddingSpecs(p.num_classes, p.class_dropout_prob, body)),
      ...blocks(p).flatMap((block) => below(block.key, ditBlockSpecs(block.width, block.options, torchDefault))),
      ...below("final_layer", ditFinalSpecs(head, p.patch_size ** 2 * p.in_channels, p.use_rmsnorm)),
    ];
  },
  apply(w, { x, t, label }, p, context) {
    const [body, head] = p.hidden_size;
    const grid = tokenGrid(p);
    const bodyTables = rotary(p, body, p.num_heads[0]);
    const headTables = rotary(p, head, p.num_heads[1]);
    const time = timeEmbedding(t, scope(w, "t_embedder"));
    const named = labelEmbedding(label, scope(w, "y_embedder"), p.num_classes, p.class_dropout_prob, context);
    // The published model applies SiLU here and once more inside every block.
    const condition = tf.expandDims(silu({ x: silu({ x: tf.add(time, named) }, {}) }, {}), 1);
    let s = patchEmbed(x, scope(w, "s_embedder.proj"), p.patch_size);
    if (p.use_pos_embed) s = tf.add(s, w("pos_embed"));
    const list = blocks(p);
    for (const block of list.filter((b) => b.part === "body"))
      s = ditBlock(s, condition, scope(w, block.key), block.options, bodyTables);
    s = silu({ x: tf.add(s, tf.expandDims(time, 1)) }, {});
    if (body !== head) s = dense(s, scope(w, "s_projector"));
    const perToken = silu({ x: s }, {});
    let h = patchEmbed(x, scope(w, "x_embedder.proj"), p.patch_size);
    for (const block of list.filter((b) => b.part === "head"))
      h = ditBlock(h, perToken, scope(w, block.key), block.options, headTables);
    return { velocity: unpatchify(ditFinal(h, perToken, scope(w, "final_layer"), p.use_rmsnorm), p.patch_size, grid, grid) };
  },
  flops(p, dims) {
    const [body, head] = p.hidden_size;
    const tokens = tokenGrid(p) ** 2;
    const latent = p.in_channels * p.patch_size ** 2;
    const ends = 2 * tokens * (latent * (body + 2 * head) + body * head + 2 * head * head) + 2 * body * (512 + body);
    const list = blocks(p).map(({ width, options, part }) =>
      blockFlops(width, mlpWidth(width, options), tokens, part === "body" ? 1 : tokens, options),
    );
    return (dims["B"] ?? 1) * list.reduce((a, b) => a + b, ends);
  },
  activations(p, dims) {
    const tokens = tokenGrid(p) ** 2;
    const list = blocks(p).map(({ width, options, part }) =>
      blockActivations(width, mlpWidth(width, options), tokens, part === "body" ? 1 : tokens, options),
    );
    return (dims["B"] ?? 1) * list.reduce((a, b) => a + b, 0);
  },
});

/** Body blocks, then head blocks, numbered through. */
function blocks(p: Params): { key: string; part: "body" | "head"; width: number; options: ReturnType<typeof blockOptions> }[] {
  return Array.from({ length: p.depth[0] + p.depth[1] }, (_, i) => {
    const side = i < p.depth[0] ? 0 : 1;
    return {
      key: `blocks.${i}`,
      part: side ? "head" : "body",
      width: p.hidden_size[side],
      options: blockOptions(p, p.num_heads[side]),
    };
  });
}
