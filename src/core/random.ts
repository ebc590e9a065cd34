import type { Tensor } from "./tensor.js";

/** Random numbers of one node in one step; the same on every backend for the same seed, node, stream and step. */
export interface Random {
  /** Standard normal numbers, f32. Streams of one node are independent of each other. */
  normal(shape: readonly number[], stream?: string): Tensor;
  /** Uniform numbers in (0, 1), f32. */
  uniform(shape: readonly number[], stream?: string): Tensor;
}
