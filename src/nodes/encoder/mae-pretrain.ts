import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { Weights } from "../../core/define-node.js";
import type { Random } from "../../core/random.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { layerNorm } from "../../core/ops/layer-norm.js";
import { linear } from "../../core/ops/linear.js";
import { patchify } from "../../core/ops/patchify.js";
import { sincosTable } from "../../core/ops/sincos.js";
import { weightsPath } from "../../core/params.js";
import { tensor, weights } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { largestOf, ofBatch } from "../parts/largest.js";
import { affineNorm, vitBlock, vitBlockActivations, vitBlockFlops, vitBlockLargest, vitBlockSpecs } from "../parts/vit-block.js";
import type { VitSizes } from "../parts/vit-block.js";
import {
  embedPatches,
  normalizeImage,
  prependClass,
  vitMaeDims,
  vitMaeParams,
  vitMaeSpecs,
  vitSizes,
  withZeroRow,
} from "../parts/vit-mae.js";
import { below, frozen, linearSpecs, normSpecs, scope, weight, xavier } from "../parts/weight-specs.js";

const params = z.object({
  weights: weightsPath(),
  ...vitMaeParams,
  mask_ratio: z.number().gt(0).lt(1).default(0.75).describe("share of patches hidden from the encoder"),
  decoder_hidden_size: z.number().int().min(4).default(512).describe("width of the decoder"),
  decoder_num_hidden_layers: z.number().int().min(1).default(8).describe("blocks of the decoder"),
  decoder_num_attention_heads: z.number().int().min(1).default(16).describe("attention heads of the decoder"),
  decoder_intermediate_size: z.number().int().min(1).default(2048).describe("width inside the decoder's MLP"),
  norm_target: z.boolean().default(true).describe("predict each patch normalised by its own mean and deviation"),
});
type Params = z.output<typeof params>;

/**
 * Masked autoencoding (arXiv 2111.06377): the encoder sees a random part of the patches, a small decoder predicts the pixels of
 * the others. Train it, then give its weights to `encoder.vit_mae`.
 */
export const maePretrain = defineNode({
  kind: "model",
  type: "encoder.vit_mae_pretrain",
  note: "Masked autoencoder: encoder, decoder and the error on hidden patches.",
  inputs: { image: tensor("f32[B,H,W,c]", "in [0,1]") },
  outputs: { loss: tensor("f32[]", "mean squared error of hidden patches"), weights: weights() },
  params,
  dims: (p) => ({ ...vitMaeDims(p) }),
  weights(p): WeightSpec[] {
    const grid = p.image_size / p.patch_size;
    const width = p.decoder_hidden_size;
    const table = (): Float32Array => withZeroRow(sincosTable(width, grid), width);
    return [
      ...vitMaeSpecs(p),
      ...below("decoder", [
        ...linearSpecs("decoder_embed", p.hidden_size, width, xavier),
        weight("mask_token", [1, 1, width], { kind: "normal", std: 0.02 }),
        frozen("decoder_pos_embed", [1, grid * grid + 1, width], { kind: "table", values: table }),
        ...Array.from({ length: p.decoder_num_hidden_layers }, (_, i) =>
          below(`decoder_layers.${i}`, vitBlockSpecs(decoderSizes(p), xavier)),
        ).flat(),
        ...normSpecs("decoder_norm", width, true),
        ...linearSpecs("decoder_pred", width, p.patch_size ** 2 * p.num_channels, xavier),
      ]),
    ];
  },
  apply(w, { image }, p, { random }) {
    const tokens = embedPatches(image, w, p);
    const [batch = 0, count = 0, width = 0] = tokens.shape;
    const kept = Math.max(1, Math.round(count * (1 - p.mask_ratio)));
    const { order, back, hidden } = randomOrder(random, batch, count, kept);
    let x = prependClass(
      tf.reshape(tf.gather(tf.reshape(tokens, [-1, width]), tf.slice(order, [0, 0], [-1, kept])), [batch, kept, width]),
      w,
    );
    for (let i = 0; i < p.num_hidden_layers; i++) x = vitBlock(x, scope(w, `vit.encoder.layer.${i}`), vitSizes(p));
    // Trained through the same norm without gain that the frozen encoder ends with.
    const seen = layerNorm({ x }, { epsilon: p.layer_norm_eps });
    const predicted = decode(seen, back, scope(w, "decoder"), p);
    const target = patchify(p.norm_target ? image : normalizeImage(image, p), p.patch_size);
    const goal = p.norm_target ? layerNorm({ x: target }, { epsilon: 1e-4 }) : target;
    const error = tf.mean(tf.square(tf.sub(predicted, goal)), 2);
    return { loss: tf.div(tf.sum(tf.mul(error, hidden)), batch * (count - kept)) };
  },
  flops(p, dims) {
    const count = (p.image_size / p.patch_size) ** 2;
    const kept = Math.max(1, Math.round(count * (1 - p.mask_ratio)));
    const encoder = p.num_hidden_layers * vitBlockFlops(vitSizes(p), kept + 1);
    return (dims["B"] ?? 1) * (encoder + p.decoder_num_hidden_layers * vitBlockFlops(decoderSizes(p), count + 1));
  },
  activations(p, dims) {
    const count = (p.image_size / p.patch_size) ** 2;
    const kept = Math.max(1, Math.round(count * (1 - p.mask_ratio)));
    const encoder = p.num_hidden_layers * vitBlockActivations(vitSizes(p), kept + 1);
    return (dims["B"] ?? 1) * (encoder + p.decoder_num_hidden_layers * vitBlockActivations(decoderSizes(p), count + 1));
  },
  largest(p, dims) {
    const count = (p.image_size / p.patch_size) ** 2;
    const kept = Math.max(1, Math.round(count * (1 - p.mask_ratio)));
    const blocks = largestOf([vitBlockLargest(vitSizes(p), kept + 1), vitBlockLargest(decoderSizes(p), count + 1)]);
    return ofBatch(blocks, dims["B"]);
  },
});

function decoderSizes(p: Params): VitSizes {
  return {
    width: p.decoder_hidden_size,
    heads: p.decoder_num_attention_heads,
    inner: p.decoder_intermediate_size,
    epsilon: p.layer_norm_eps,
  };
}

/**
 * A random order of the patches of each sample: `order [B,N]` as rows of the flattened `[B·N,D]` tokens, the first `kept` of
 * which the encoder sees; `back [B,N]` finds each patch's place in that order; `hidden [B,N]` is 1 where a patch was not seen.
 */
function randomOrder(
  random: Random,
  batch: number,
  count: number,
  kept: number,
): { order: Tensor; back: Tensor; hidden: Tensor } {
  const draw = random.uniform([batch, count], "mask");
  const shuffled = tf.topk(draw, count).indices;
  // Sorting a permutation by value gives its inverse.
  const back = tf.topk(tf.neg(tf.cast(shuffled, "float32")), count).indices;
  const rows = tf.expandDims(tf.range(0, batch * count, count, "int32"), 1);
  return { order: tf.add(shuffled, rows), back, hidden: tf.cast(tf.greaterEqual(back, kept), "float32") };
}

function decode(seen: Tensor, back: Tensor, weights: Weights, p: Params): Tensor {
  const embedded = linear(
    { x: seen, weight: weights("decoder_embed.weight"), bias: weights("decoder_embed.bias") },
    { activation: "none" },
  );
  const [batch = 0, count = 0] = back.shape;
  const width = p.decoder_hidden_size;
  const kept = (seen.shape[1] ?? 1) - 1;
  const patches = tf.slice(embedded, [0, 1, 0], [-1, -1, -1]);
  const shuffled = tf.concat([patches, tf.tile(weights("mask_token"), [batch, count - kept, 1])], 1);
  const rows = tf.expandDims(tf.range(0, batch * count, count, "int32"), 1);
  const ordered = tf.reshape(tf.gather(tf.reshape(shuffled, [-1, width]), tf.add(back, rows)), [batch, count, width]);
  let x = tf.add(tf.concat([tf.slice(embedded, [0, 0, 0], [-1, 1, -1]), ordered], 1), weights("decoder_pos_embed"));
  for (let i = 0; i < p.decoder_num_hidden_layers; i++) x = vitBlock(x, scope(weights, `decoder_layers.${i}`), decoderSizes(p));
  const normed = affineNorm(tf.slice(x, [0, 1, 0], [-1, -1, -1]), scope(weights, "decoder_norm"), p.layer_norm_eps);
  return linear(
    { x: normed, weight: weights("decoder_pred.weight"), bias: weights("decoder_pred.bias") },
    { activation: "none" },
  );
}
