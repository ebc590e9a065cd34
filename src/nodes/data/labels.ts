import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { batchSource } from "./batch-source.js";

const params = z.object({
  labels: z.array(z.number().int().min(0)).min(1).describe("class numbers in the order to give them"),
  each: z.number().int().min(1).default(1).describe("how often each stands in a row"),
  batch: z.number().int().min(1).optional().describe("labels per batch, a divisor of their number; default all at once"),
  repeat: z.boolean().default(false).describe("start again after the last; false ends"),
});
type Params = z.output<typeof params>;

/** Labels as written, for grids of samples: `labels: [0, 1], each: 2` gives 0 0 1 1. */
export const labels = defineNode({
  kind: "source",
  type: "data.labels",
  version: 1,
  note: "Gives a list of class labels, e.g. the rows of a sample grid.",
  inputs: {},
  outputs: { label: tensor("i32[B]") },
  params,
  dims: (p) => ({ B: batchOf(p) }),
  async open(p, context) {
    const all = p.labels.flatMap((label) => Array.from({ length: p.each }, () => label));
    return batchSource({ count: all.length, batch: batchOf(p), shuffle: false, repeat: p.repeat }, context, ({ samples }) => ({
      indices: samples,
      values: { label: { dtype: "i32", shape: [samples.length], data: Int32Array.from(samples, (at) => all[at] ?? 0) } },
    }));
  },
});

/** Throws an Error where labels would be left over: a grid with a missing end is no one's wish. */
function batchOf({ labels: list, each, batch }: Params): number {
  const count = list.length * each;
  if (batch === undefined) return count;
  if (count % batch === 0) return batch;
  throw new Error(`${count} labels do not fill batches of ${batch}; choose a batch that divides ${count}`);
}
