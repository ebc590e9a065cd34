import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { InnerTensor } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { silu } from "../../core/ops/silu.js";
import { sincosTable } from "../../core/ops/sincos.js";
import { unpatchify } from "../../core/ops/patchify.js";
import { model, tensor, weights } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { ditLayouts } from "../files/layouts/dit.js";
import { dense, ditBlock, ditBlockSpecs, mlpWidth } from "../parts/dit-block.js";
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
import { largestOf, ofBatch } from "../parts/largest.js";
import { patchEmbed } from "../parts/patch-embed.js";
import { timeEmbedding, timeEmbeddingSpecs } from "../parts/time-embedding.js";
import { below, frozen, linearSpecs, normalWeight, patchSpecs, scope, torchDefault, xavier } from "../parts/weight-specs.js";

type Pair = [body: number, head: number];
const one = z.number().int().min(1);
const pair = (what: string): z.ZodOptional<z.ZodTuple<[z.ZodNumber, z.ZodNumber]>> =>
  z.tuple([one, one]).optional().describe(`${what}: body, head; default the preset's`);

const presets: Readonly<Record<"S" | "B" | "L" | "XL", { hidden_size: Pair; depth: Pair; num_heads: Pair }>> = {
  S: { hidden_size: [384, 2048], depth: [12, 2], num_heads: [6, 16] },
  B: { hidden_size: [768, 2048], depth: [12, 2], num_heads: [12, 16] },
  L: { hidden_size: [1024, 2048], depth: [24, 2], num_heads: [16, 16] },
  XL: { hidden_size: [1152, 2048], depth: [28, 2], num_heads: [16, 16] },
};

const params = z.object({
  ...ditParams,
  preset: z.enum(["S", "B", "L", "XL"]).default("XL").describe("published sizes"),
  patch_size: z
    .union([one, z.tuple([one, one])])
    .default(1)
    .describe("latent positions per token and side, of both parts or of body and head"),
  hidden_size: pair("widths"),
  depth: pair("blocks"),
  num_heads: z
    .union([one, z.tuple([one, one])])
    .optional()
    .describe("attention heads, of both parts or of body and head; default the preset's"),
  use_pos_embed: z.boolean().default(true).describe("add a position table to the body's tokens"),
  spread: z
    .enum(["consecutive", "grid"])
    .default("consecutive")
    .describe("where patches differ: how body tokens condition head tokens, as the reference, or by place on the grid"),
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
  dims(p) {
    const [body, head] = stacksOf(p);
    // The head conditions each of its tokens on one of the body, so its grid must be a multiple of the body's.
    if (body.patch % head.patch !== 0)
      throw new Error(`patch_size [${body.patch}, ${head.patch}]: the body's must be a multiple of the head's`);
    return ditDims(p, [body, head]);
  },
  layouts: ditLayouts,
  tables(p) {
    const [body, head] = stacksOf(p);
    return [...savedRotary(p, "enc_feat_rope", body), ...savedRotary(p, "dec_feat_rope", head)];
  },
  nullLabel: (p) => p.num_classes,
  weights(p): WeightSpec[] {
    const [body, head] = stacksOf(p);
    const grid = tokenGrid(p, body.patch);
    return [
      ...(p.use_pos_embed
        ? [frozen("pos_embed", [1, grid * grid, body.width], { kind: "table", values: () => sincosTable(body.width, grid) })]
        : []),
      ...below("s_embedder", patchSpecs("proj", p.in_channels, body.patch, body.width, xavier)),
      ...below("x_embedder", patchSpecs("proj", p.in_channels, head.patch, head.width, xavier)),
      ...(body.width === head.width ? [] : linearSpecs("s_projector", body.width, head.width, torchDefault)),
      ...below("t_embedder", timeEmbeddingSpecs(body.width, normalWeight(0.02, torchDefault))),
      ...below("y_embedder", labelEmbeddingSpecs(p.num_classes, p.class_dropout_prob, body.width)),
      ...blocksOf(p).flatMap((block) => below(block.key, ditBlockSpecs(block.width, block.options, torchDefault))),
      ...below("final_layer", ditFinalSpecs(head.width, head.patch ** 2 * p.in_channels, p.use_rmsnorm)),
    ];
  },
  apply(w, { x, t, label }, p, context) {
    const [body, head] = stacksOf(p);
    const [coarse, grid] = [tokenGrid(p, body.patch), tokenGrid(p, head.patch)];
    const bodyTables = rotary(p, body.width, body.heads, coarse);
    const headTables = rotary(p, head.width, head.heads, grid);
    const time = timeEmbedding(t, scope(w, "t_embedder"));
    const named = labelEmbedding(label, scope(w, "y_embedder"), p.num_classes, dropChance(p), context);
    // The published model applies SiLU here and once more inside every block.
    const condition = tf.expandDims(silu({ x: silu({ x: tf.add(time, named) }, {}) }, {}), 1);
    let s = patchEmbed(x, scope(w, "s_embedder.proj"), body.patch);
    if (p.use_pos_embed) s = tf.add(s, w("pos_embed"));
    const list = blocksOf(p);
    for (const block of list.filter((b) => b.part === "body"))
      s = ditBlock(s, condition, scope(w, block.key), block.options, bodyTables);
    s = silu({ x: tf.add(s, tf.expandDims(time, 1)) }, {});
    if (body.width !== head.width) s = dense(s, scope(w, "s_projector"));
    if (coarse !== grid) s = spread(s, p.spread, coarse, grid / coarse);
    const perToken = silu({ x: s }, {});
    let h = patchEmbed(x, scope(w, "x_embedder.proj"), head.patch);
    for (const block of list.filter((b) => b.part === "head"))
      h = ditBlock(h, perToken, scope(w, block.key), block.options, headTables);
    return { velocity: unpatchify(ditFinal(h, perToken, scope(w, "final_layer"), p.use_rmsnorm), head.patch, grid, grid) };
  },
  flops(p, dims) {
    const [body, head] = stacksOf(p);
    const [coarse, fine] = [tokenGrid(p, body.patch) ** 2, tokenGrid(p, head.patch) ** 2];
    const embed = p.in_channels * (coarse * body.patch ** 2 * body.width + 2 * fine * head.patch ** 2 * head.width);
    const between = coarse * body.width * head.width + 2 * fine * head.width ** 2;
    const ends = 2 * (embed + between) + 2 * body.width * (512 + body.width);
    const list = blocksOf(p).map(({ width, options, part }) =>
      part === "body"
        ? blockFlops(width, mlpWidth(width, options), coarse, 1, options)
        : blockFlops(width, mlpWidth(width, options), fine, fine, options),
    );
    return (dims["B"] ?? 1) * list.reduce((a, b) => a + b, ends);
  },
  activations(p, dims) {
    const [body, head] = stacksOf(p);
    const [coarse, fine] = [tokenGrid(p, body.patch) ** 2, tokenGrid(p, head.patch) ** 2];
    const list = blocksOf(p).map(({ width, options, part }) =>
      part === "body"
        ? blockActivations(width, mlpWidth(width, options), coarse, 1, options)
        : blockActivations(width, mlpWidth(width, options), fine, fine, options),
    );
    return (dims["B"] ?? 1) * list.reduce((a, b) => a + b, 0);
  },
  largest(p, dims) {
    const [body, head] = stacksOf(p);
    const of = ({ width, heads }: Stack, tokens: number, conditions: number): InnerTensor => {
      const options = blockOptions(p, heads);
      return blockLargest(width, mlpWidth(width, options), tokens, conditions, options);
    };
    const [coarse, fine] = [tokenGrid(p, body.patch) ** 2, tokenGrid(p, head.patch) ** 2];
    return ofBatch(largestOf([of(body, coarse, 1), of(head, fine, fine)]), dims["B"]);
  },
});

/** Body and head. */
function stacksOf(p: Params): [body: Stack, head: Stack] {
  const preset = presets[p.preset];
  const [widths, depths] = [p.hidden_size ?? preset.hidden_size, p.depth ?? preset.depth];
  const [heads, patches] = [both(p.num_heads ?? preset.num_heads), both(p.patch_size)];
  const stack = (side: 0 | 1): Stack => ({ width: widths[side], depth: depths[side], heads: heads[side], patch: patches[side] });
  return [stack(0), stack(1)];
}

function both(value: number | Pair): Pair {
  return typeof value === "number" ? [value, value] : value;
}

/** Body blocks, then head blocks, numbered through. */
function blocksOf(p: Params): { key: string; part: "body" | "head"; width: number; options: ReturnType<typeof blockOptions> }[] {
  const [body, head] = stacksOf(p);
  return Array.from({ length: body.depth + head.depth }, (_, i) => {
    const stack = i < body.depth ? body : head;
    return {
      key: `blocks.${i}`,
      part: stack === body ? "body" : "head",
      width: stack.width,
      options: blockOptions(p, stack.heads),
    };
  });
}

/**
 * Hands the body's tokens out to the head's finer grid: `[B,n²,D]` -> `[B,(n·times)²,D]`, to the tokens that each covers (`grid`) or, as the
 * reference does, each times² in a row (`consecutive`), which does not follow the grid.
 */
function spread(s: Tensor, how: Params["spread"], grid: number, times: number): Tensor {
  const [B = 0, , D = 0] = s.shape;
  const cells =
    how === "grid"
      ? tf.tile(tf.reshape(s, [B * grid, 1, grid, D]), [1, times, 1, times])
      : tf.tile(tf.reshape(s, [B, grid * grid, 1, D]), [1, 1, times * times, 1]);
  return tf.reshape(cells, [B, (grid * times) ** 2, D]);
}
