import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { findExtractor, named } from "./extractor.js";
import { featurePair, featurePairInputs, featurePairParams } from "./feature-pair.js";
import { products } from "./feature-set.js";
import type { FeatureSet } from "./feature-set.js";

/** Rows whose distances to all others are held at once. */
const blockRows = 1000;

/**
 * Improved precision and recall (arXiv 1904.06991): the share of generated images that lie nearer to some real one than its k-th nearest real
 * neighbour, and the share of real images that do so among the generated.
 */
export const precisionRecall = defineNode({
  kind: "reducer",
  type: "metric.precision_recall",
  version: 1,
  note: "Precision and recall of generated images by nearest neighbours of features.",
  inputs: featurePairInputs,
  outputs: {},
  params: z.object({
    ...featurePairParams,
    neighbours: z.number().int().min(1).default(3).describe("k: which neighbour bounds the surroundings of a vector"),
  }),
  start({ extractor, neighbours, limit }, context) {
    const { real, fake, add } = featurePair(limit);
    return {
      add,
      async finish() {
        const found = await findExtractor(extractor, context);
        if (Math.min(real.count, fake.count) <= neighbours)
          throw new Error(
            `${neighbours} neighbours need more vectors than ${real.count} and ${fake.count}; give the phase more steps`,
          );
        const { a, b } = centred(real, fake);
        const size = real.size;
        const precision = await covered(b, a, await radii(a, size, neighbours), size);
        const recall = await covered(a, b, await radii(b, size, neighbours), size);
        return { [named("precision", found)]: precision, [named("recall", found)]: recall };
      },
    };
  },
});

/** Both sets without their common mean, which would cost distances their digits. */
function centred(real: FeatureSet, fake: FeatureSet): { a: Float32Array; b: Float32Array } {
  const sets = [real, fake];
  const rows = sets.map((set) => set.rows(Array.from({ length: set.count }, (_, i) => i)));
  const { size } = real;
  const mean = new Float64Array(size);
  const count = sets.reduce((sum, set) => sum + set.count, 0);
  for (const data of rows) for (let i = 0; i < data.length; i++) mean[i % size] = (mean[i % size] ?? 0) + (data[i] ?? 0) / count;
  const [a = new Float32Array(0), b = new Float32Array(0)] = rows.map((data) =>
    data.map((value, i) => value - (mean[i % size] ?? 0)),
  );
  return { a, b };
}

/** Squared distances of each row of `a` to all of `b`, a block of rows at a time; `use` gets one row's, which the next one overwrites. */
async function distances(
  a: Float32Array,
  b: Float32Array,
  size: number,
  use: (row: Float64Array, place: number) => void,
): Promise<void> {
  const [lengths, others] = [squares(a, size), squares(b, size)];
  const row = new Float64Array(others.length);
  for (let from = 0; from < lengths.length; from += blockRows) {
    const block = a.subarray(from * size, (from + blockRows) * size);
    const inner = await products(block, b, size);
    for (let i = 0, at = 0; i < block.length / size; i++) {
      const own = lengths[from + i] as number;
      for (let j = 0; j < row.length; j++) row[j] = Math.max(0, own + (others[j] as number) - 2 * (inner[at++] as number));
      use(row, from + i);
    }
  }
}

/** Squared distance of each row to its k-th nearest other row. */
async function radii(a: Float32Array, size: number, k: number): Promise<Float64Array> {
  const found = new Float64Array(a.length / size);
  const nearest = new Float64Array(k); // in rising order
  await distances(a, a, size, (row, place) => {
    nearest.fill(Infinity);
    for (let j = 0; j < row.length; j++) {
      const distance = row[j] as number;
      if (distance >= (nearest[k - 1] as number) || j === place) continue;
      let at = k - 1;
      for (; at > 0 && (nearest[at - 1] as number) > distance; at--) nearest[at] = nearest[at - 1] as number;
      nearest[at] = distance;
    }
    found[place] = nearest[k - 1] as number;
  });
  return found;
}

/** Share of the rows of `a` that lie within the radius of some row of `b`. */
async function covered(a: Float32Array, b: Float32Array, radius: Float64Array, size: number): Promise<number> {
  let inside = 0;
  await distances(a, b, size, (row) => {
    let j = 0;
    while (j < row.length && (row[j] as number) > (radius[j] as number)) j++;
    if (j < row.length) inside++;
  });
  return inside / (a.length / size);
}

function squares(a: Float32Array, size: number): Float64Array {
  return Float64Array.from({ length: a.length / size }, (_, i) => {
    let sum = 0;
    for (let at = i * size; at < (i + 1) * size; at++) sum += (a[at] as number) ** 2;
    return sum;
  });
}
