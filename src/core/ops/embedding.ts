import { defineOp } from "../define-op.js";
import { tf } from "../tensor.js";

/** Rows of table `[K,D]` at index `[B]` (int32) -> `[B,D]`. Its gradient adds up rows that were taken more than once. */
export const embedding = defineOp<"table" | "index", never, Record<never, never>>({
  kernel: "Embedding",
  inputs: ["table", "index"],
  expand: ({ table, index }) => tf.gather(table, index.toInt()),
  grad: (dy, { table, index }) => ({
    table: () => tf.unsortedSegmentSum(dy, index.as1D().toInt(), table.shape[0] ?? 0),
    index: () => tf.zerosLike(index).toFloat(),
  }),
});
