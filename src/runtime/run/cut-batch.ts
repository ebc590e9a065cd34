import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";

/** Some rows of a step's batch: `size` of its `of` rows, from row `from` on. */
export interface Part {
  readonly from: number;
  readonly size: number;
  readonly of: number;
}

/**
 * The parts of a batch as equal as its rows allow, larger ones first; one part for each row where there are fewer rows than parts.
 * Throws an Error where the sources give no batch of one size.
 */
export function cutBatch(packets: ReadonlyMap<string, Tensor>, parts: number): readonly Part[] {
  if (parts === 1) return [{ from: 0, size: 0, of: 0 }];
  const rows = [...packets].map(([key, tensor]) => [key, tensor.shape[0]] as const);
  const of = rows[0]?.[1];
  if (of === undefined || rows.some(([, count]) => count !== of))
    throw new Error(
      `accumulate: ${parts} cuts the batch of every source, but ${rows.map(([key, count]) => `${key} has ${count ?? "no"} rows`).join(", ") || "there is no source"}; give all sources one batch size, or leave accumulate at 1`,
    );
  const count = Math.min(parts, of);
  const edge = (i: number): number => Math.ceil((i * of) / count);
  return Array.from({ length: count }, (_, i) => ({ from: edge(i), size: edge(i + 1) - edge(i), of }));
}

/** The part's rows of each tensor; new tensors. */
export function rowsOf(packets: ReadonlyMap<string, Tensor>, { from, size }: Part): Map<string, Tensor> {
  return new Map([...packets].map(([key, tensor]) => [key, tf.slice(tensor, from, size)]));
}

/** What a value of all parts is: rows one after the other, a number the mean over rows, anything else as the last part has it. */
export function joinParts(values: readonly Tensor[], parts: readonly Part[]): Tensor {
  const [first] = values;
  if (!first) throw new Error("no part of the batch gave a value");
  if (first.rank === 0) return tf.addN(values.map((value, i) => tf.mul(value, (parts[i]?.size ?? 0) / (parts[i]?.of ?? 1))));
  if (values.every((value, i) => value.shape[0] === parts[i]?.size)) return tf.concat([...values], 0);
  return (values.at(-1) ?? first).clone();
}
