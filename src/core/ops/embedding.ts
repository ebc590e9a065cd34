import { defineOp } from "../define-op.js";
import { tf } from "../tensor.js";

/** Rows of table `[K,D]` at index `[B]` (int32) -> `[B,D]`. Its gradient adds up rows that were taken more than once. */
export const embedding = defineOp<"table" | "index", never, Record<never, never>>({
  kernel: "Embedding",
  inputs: ["table", "index"],
  expand: ({ table, index }) => tf.gather(table, tf.cast(index, "int32")),
  grad: (dy, { table, index }) => ({
    table: () => tf.unsortedSegmentSum(dy, tf.cast(index, "int32") as ReturnType<typeof tf.tensor1d>, table.shape[0] ?? 0),
    index: () => tf.zeros(index.shape),
  }),
});
