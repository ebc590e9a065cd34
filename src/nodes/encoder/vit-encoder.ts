import type { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { ModelNode, NodeDef, Ports, Weights } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { layerNorm } from "../../core/ops/layer-norm.js";
import { optional, tensor, weights } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { ofBatch } from "../parts/largest.js";
import { patchEmbed } from "../parts/patch-embed.js";
import { resize } from "../parts/resize.js";
import type { ResizeMethod } from "../parts/resize.js";
import { affineNorm, vitBlock, vitBlockActivations, vitBlockFlops, vitBlockLargest, vitBlockSpecs } from "../parts/vit-block.js";
import type { VitSizes } from "../parts/vit-block.js";
import { normalizeImage } from "../parts/vit-mae.js";
import { below, normSpecs, patchSpecs, scope, xavier } from "../parts/weight-specs.js";

/** What tells one published vision transformer from another, once its params are known. Keys are those of its checkpoints. */
export interface Encoder {
  readonly block: VitSizes;
  readonly layers: number;
  readonly patch: number;
  readonly channels: number;
  /** Side of the position table's own grid, and how the table is brought to another. */
  readonly grid: number;
  readonly interpolation: ResizeMethod;
  /** Before all keys, without dot; empty for none. */
  readonly root: string;
  readonly patchKey: string;
  /** Before a block's number. */
  readonly blockKey: string;
  readonly normKey: string;
  /** The table's key and shape; where there is a class token its row comes first. */
  readonly position: WeightSpec;
  readonly classToken?: WeightSpec;
  /** Tokens `[1,R,D]` between the class token and the patches, without positions. */
  readonly registers?: WeightSpec;
  /** Weights that published files hold and the encoder does not use. */
  readonly unused?: readonly WeightSpec[];
  /** True ends with a norm without gain and bias, as representation autoencoders use encoders; false keeps them. */
  readonly plainNorm: boolean;
  /** Blocks whose tokens are given as they are, in the order asked for. */
  readonly taps: readonly number[];
  readonly colours: { readonly image_mean: number[]; readonly image_std: number[] };
}

/** A family of published vision transformers: its params and what they mean. */
export interface EncoderFamily<S extends z.ZodObject> {
  readonly type: string;
  readonly note: string;
  readonly version: number;
  readonly params: S;
  /** Throws an Error where params do not fit each other. */
  describe(params: z.output<S>): Encoder;
  readonly layouts: NonNullable<ModelNode["layouts"]>;
  /** Where its weights can be had. */
  readonly published?: string;
}

/**
 * The adapter that makes every vision transformer an encoder node: colours normalised, patches embedded, positions added (the table
 * interpolated to the image's grid), blocks, a final norm without gain, patch tokens only. Each output token thus has mean 0 and
 * variance 1 over its channels (RAE, arXiv 2510.11690).
 */
export function defineEncoder<S extends z.ZodObject>(family: EncoderFamily<S>): NodeDef {
  const def: ModelNode<Ports, Ports, S> = {
    kind: "model",
    type: family.type,
    version: family.version,
    note: family.note,
    pure: "sample",
    inputs: { image: tensor("f32[B,H,W,c]", "in [0,1]; sides are multiples of the patch, see image.resize") },
    outputs: {
      tokens: tensor("f32[B,h,w,D]", "patch tokens; latent.tokens lists them as [B,N,D]"),
      taps: optional(tensor("f32[B,T,N,D]", "patch tokens behind the blocks of `taps`, without a final norm")),
      weights: weights(),
    },
    params: family.params,
    dims(p, { H, W }) {
      const encoder = family.describe(p);
      checkEncoder(encoder);
      const side = (pixels: number): number => {
        if (pixels % encoder.patch === 0) return pixels / encoder.patch;
        const near = Math.max(1, Math.round(pixels / encoder.patch)) * encoder.patch;
        throw new Error(
          `images of ${H ?? "?"}x${W ?? "?"} do not divide into patches of ${encoder.patch}; resize them with image.resize, size: ${near}`,
        );
      };
      return {
        c: encoder.channels,
        D: encoder.block.width,
        ...(encoder.taps.length > 0 ? { T: encoder.taps.length } : {}),
        ...(H === undefined ? {} : { h: side(H) }),
        ...(W === undefined ? {} : { w: side(W) }),
        ...(H === undefined || W === undefined ? {} : { N: side(H) * side(W) }),
      };
    },
    weights: (p) => encoderSpecs(family.describe(p)),
    layouts: family.layouts,
    ...(family.published === undefined ? {} : { published: family.published }),
    apply(w, { image }, p) {
      return encode(image as Tensor, w, family.describe(p));
    },
    flops(p, dims) {
      const { patch, channels, layers, block } = family.describe(p);
      const tokens = (dims["h"] ?? 0) * (dims["w"] ?? 0);
      return (dims["B"] ?? 1) * (2 * tokens * channels * patch ** 2 * block.width + layers * vitBlockFlops(block, tokens + 1));
    },
    activations(p, dims) {
      const { layers, block } = family.describe(p);
      return (dims["B"] ?? 1) * layers * vitBlockActivations(block, (dims["h"] ?? 0) * (dims["w"] ?? 0) + 1);
    },
    largest(p, dims) {
      const tokens = (dims["h"] ?? 0) * (dims["w"] ?? 0) + 1;
      return ofBatch(vitBlockLargest(family.describe(p).block, tokens), dims["B"]);
    },
  };
  return defineNode(def);
}

function checkEncoder({ block, channels, colours, layers, taps }: Encoder): void {
  if (block.width % block.heads !== 0)
    throw new Error(`hidden_size ${block.width} is not a multiple of num_attention_heads ${block.heads}`);
  if (colours.image_mean.length !== channels || colours.image_std.length !== channels)
    throw new Error(`image_mean and image_std need one number for each of the ${channels} channels`);
  const beyond = taps.find((block) => block >= layers);
  if (beyond !== undefined) throw new Error(`taps: there is no block ${beyond}; the ${layers} blocks are 0 to ${layers - 1}`);
}

function encoderSpecs(e: Encoder): WeightSpec[] {
  const { width } = e.block;
  const specs = [
    ...(e.classToken ? [e.classToken] : []),
    ...(e.registers ? [e.registers] : []),
    e.position,
    ...patchSpecs(e.patchKey, e.channels, e.patch, width, xavier),
    ...Array.from({ length: e.layers }, (_, i) => below(`${e.blockKey}.${i}`, vitBlockSpecs(e.block, xavier))).flat(),
    ...normSpecs(e.normKey, width, true).map((spec) => (e.plainNorm ? { ...spec, optional: true } : spec)),
    ...(e.unused ?? []),
  ];
  return e.root === "" ? specs : below(e.root, specs);
}

function encode(image: Tensor, all: Weights, e: Encoder): { tokens: Tensor; taps?: Tensor } {
  const w = e.root === "" ? all : scope(all, e.root);
  const [batch = 0, H = 0, W = 0] = image.shape;
  const [h, wide] = [H / e.patch, W / e.patch];
  const { width, epsilon } = e.block;
  const table = positions(w(e.position.name), e, h, wide);
  const patches = tf.add(patchEmbed(normalizeImage(image, e.colours), scope(w, e.patchKey), e.patch), table.patches);
  const spread = (token: Tensor): Tensor => tf.tile(token, [batch, 1, 1]);
  const before = [
    ...(e.classToken && table.first ? [spread(tf.add(w(e.classToken.name), table.first))] : []),
    ...(e.registers ? [spread(w(e.registers.name))] : []),
  ];
  let x = before.length === 0 ? patches : tf.concat([...before, patches], 1);
  const patchesOf = (all: Tensor): Tensor => tf.slice(all, [0, (all.shape[1] ?? 0) - h * wide, 0], [-1, -1, -1]);
  const tapped = new Map<number, Tensor>();
  for (let i = 0; i < e.layers; i++) {
    x = vitBlock(x, scope(w, `${e.blockKey}.${i}`), e.block);
    if (e.taps.includes(i)) tapped.set(i, patchesOf(x));
  }
  const taps = e.taps.flatMap((block) => tapped.get(block) ?? []);
  const kept = patchesOf(x);
  const normed = e.plainNorm ? layerNorm({ x: kept }, { epsilon }) : affineNorm(kept, scope(w, e.normKey), epsilon);
  const tokens = tf.reshape(normed, [batch, h, wide, width]);
  return taps.length === 0 ? { tokens } : { tokens, taps: tf.stack(taps, 1) };
}

/** The table's rows for an h×w grid `[1,h·w,D]`, and the class token's `[1,1,D]` where it has one. */
function positions(stored: Tensor, e: Encoder, h: number, w: number): { patches: Tensor; first?: Tensor } {
  const { width } = e.block;
  const rows = tf.reshape(stored, [1, -1, width]);
  const patches = e.classToken ? tf.slice(rows, [0, 1, 0], [1, -1, -1]) : rows;
  const fitted =
    h === e.grid && w === e.grid
      ? patches
      : tf.reshape(resize(tf.reshape(patches, [1, e.grid, e.grid, width]), e.interpolation, h, w), [1, h * w, width]);
  return e.classToken ? { patches: fitted, first: tf.slice(rows, [0, 0, 0], [1, 1, -1]) } : { patches: fitted };
}
