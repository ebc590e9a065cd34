import { z } from "zod";
import type { InnerTensor } from "../../core/define-node.js";
import type { SavedTable } from "../../core/weight-spec.js";
import { configFile, weightsPath } from "../../core/params.js";
import { rotaryTables } from "../../core/ops/rotary.js";
import { tf } from "../../core/tensor.js";
import type { BlockOptions, Rotary } from "./dit-block.js";
import { largestOf } from "./largest.js";

/** Params that both diffusion transformers share, under their published names. */
export const ditParams = {
  weights: weightsPath(),
  config: configFile().optional(),
  input_size: z.number().int().min(1).describe("side of the latent grid"),
  in_channels: z.number().int().min(1).default(768).describe("latent channels"),
  mlp_ratio: z.number().positive().default(4).describe("MLP width over model width"),
  class_dropout_prob: z.number().min(0).max(1).default(0.1).describe("chance that a label is dropped in training"),
  drop_labels: z.boolean().default(true).describe("drop labels in training; false keeps them all, and the table's null row"),
  num_classes: z.number().int().min(1).default(1000).describe("classes; this number itself stands for no class"),
  use_qknorm: z.boolean().default(false).describe("norm queries and keys"),
  use_swiglu: z.boolean().default(true).describe("SwiGLU MLP instead of GELU"),
  use_rope: z.boolean().default(true).describe("rotary position embedding"),
  use_rmsnorm: z.boolean().default(true).describe("RMS norm instead of layer norm"),
  wo_shift: z.boolean().default(false).describe("adaptive norm without shift"),
  use_pos_embed: z.boolean().default(true).describe("add a position table to the tokens"),
};

type Shared = z.output<z.ZodObject<typeof ditParams>>;

/** The block's switches from a node's params. */
export function blockOptions(params: Shared, heads: number): BlockOptions {
  return {
    heads,
    mlpRatio: params.mlp_ratio,
    qkNorm: params.use_qknorm,
    swiglu: params.use_swiglu,
    rms: params.use_rmsnorm,
    noShift: params.wo_shift,
  };
}

/** The chance that training replaces a label by "no class". */
export function dropChance(params: Shared): number {
  return params.drop_labels ? params.class_dropout_prob : 0;
}

/** Side of the token grid. */
export function tokenGrid(params: Shared, patch: number): number {
  return params.input_size / patch;
}

/** Rotary tables for this width, or undefined where they are switched off. */
export function rotary(params: Shared, width: number, heads: number, grid: number): Rotary | undefined {
  if (!params.use_rope) return undefined;
  const tables = rotaryTables(width / heads, grid);
  const shape: [number, number] = [grid * grid, width / heads];
  return { cos: tf.tensor2d(tables.cos, shape), sin: tf.tensor2d(tables.sin, shape) };
}

/** The same tables as the reference saves them beside its weights, `[N, D/heads]` each. */
export function savedRotary(params: Shared, name: string, stack: Stack): SavedTable[] {
  if (!params.use_rope) return [];
  const [headWidth, grid] = [stack.width / stack.heads, tokenGrid(params, stack.patch)];
  return (["cos", "sin"] as const).map((part) => ({
    name: `${name}.freqs_${part}`,
    shape: [grid * grid, headWidth],
    values: () => rotaryTables(headWidth, grid)[part],
  }));
}

/** A stack of equal blocks, as params give it. */
export interface Stack {
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  /** Latent positions per token and side. */
  readonly patch: number;
}

/** Sizes of the ports: S the side, C the channels. Throws where width, heads and patch do not fit each other. */
export function ditDims(params: Shared, stacks: readonly Stack[]): { S: number; C: number } {
  for (const { width, heads, patch } of stacks) {
    if (params.input_size % patch !== 0)
      throw new Error(`input_size ${params.input_size} is not a multiple of patch_size ${patch}`);
    const headWidth = width / heads;
    if (!Number.isInteger(headWidth)) throw new Error(`hidden_size ${width} is not a multiple of num_heads ${heads}`);
    if (params.use_rope && headWidth % 4 !== 0)
      throw new Error(
        `rotary embedding needs a head width that is a multiple of 4; ${width} over ${heads} heads gives ${headWidth}`,
      );
    if (params.use_pos_embed && width % 4 !== 0)
      throw new Error(`the position table needs a hidden_size that is a multiple of 4, not ${width}`);
  }
  return { S: params.input_size, C: params.in_channels };
}

/** Operations of one block on `tokens` tokens; `conditions` is how many conditioning vectors it projects. */
export function blockFlops(width: number, inner: number, tokens: number, conditions: number, options: BlockOptions): number {
  const perToken = 4 * width * width + (options.swiglu ? 3 : 2) * width * inner + 2 * tokens * width;
  return 2 * (tokens * perToken + conditions * (options.noShift ? 4 : 6) * width * width);
}

/** The largest tensor of one block, without the batch's axis. */
export function blockLargest(
  width: number,
  inner: number,
  tokens: number,
  conditions: number,
  options: BlockOptions,
): InnerTensor {
  return largestOf([
    { what: "queries, keys and values of a block", shape: [tokens, 3 * width] },
    { what: "the first layer of a block's MLP", shape: [tokens, (options.swiglu ? 2 : 1) * inner] },
    { what: "the conditioning of a block", shape: [conditions, (options.noShift ? 4 : 6) * width] },
  ]);
}

/** Numbers that one block leaves for the backward pass: norms, qkv, attention, MLP and adaptive parts. */
export function blockActivations(
  width: number,
  inner: number,
  tokens: number,
  conditions: number,
  options: BlockOptions,
): number {
  return tokens * (11 * width + (options.swiglu ? 3 : 2) * inner) + 12 * conditions * width;
}
