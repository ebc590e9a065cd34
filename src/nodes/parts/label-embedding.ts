import type { StepContext, Weights } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { embedding } from "../../core/ops/embedding.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { weight } from "./weight-specs.js";

/** Key `embedding_table.weight`; one row more than classes, for "no class", where labels are dropped in training. */
export function labelEmbeddingSpecs(classes: number, dropout: number, width: number): WeightSpec[] {
  return [weight("embedding_table.weight", [classes + (dropout > 0 ? 1 : 0), width], { kind: "normal", std: 0.02 })];
}

/** Rows of the table for label `[B]`; in training each label becomes "no class" with probability `dropout`. */
export function labelEmbedding(label: Tensor, weights: Weights, classes: number, dropout: number, context: StepContext): Tensor {
  const table = weights("embedding_table.weight");
  if (!context.training || dropout === 0) return embedding({ table, index: label }, {});
  const dropped = tf.less(context.random.uniform(label.shape, "label-dropout"), dropout);
  const index = tf.where(dropped, tf.fill(label.shape, classes, "int32"), label);
  return embedding({ table, index }, {});
}
