import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { philoxKey, philoxUniform, streamId } from "../../core/philox.js";
import { findExtractor, named } from "./extractor.js";
import { featurePair, featurePairInputs, featurePairParams } from "./feature-pair.js";
import { products } from "./feature-set.js";

/**
 * Kernel distance between the features of real and generated images (arXiv 1801.01401): the unbiased squared maximum mean discrepancy under
 * the kernel (x·y/C + 1)³, mean and deviation over random subsets. Unlike the Fréchet distance it is not biased by few images.
 */
export const kid = defineNode({
  kind: "reducer",
  type: "metric.kid",
  version: 1,
  note: "Kernel (KID) distance between features of real and generated images.",
  inputs: featurePairInputs,
  outputs: {},
  params: z.object({
    ...featurePairParams,
    subsets: z.number().int().min(1).default(100).describe("random subsets"),
    subset_size: z.number().int().min(2).default(1000).describe("vectors of each side in a subset, at most all"),
  }),
  start({ extractor, subsets, subset_size, limit }, context) {
    const { real, fake, add } = featurePair(limit);
    return {
      add,
      async finish() {
        const found = await findExtractor(extractor, context);
        const size = Math.min(subset_size, real.count, fake.count);
        if (size < 2)
          throw new Error(
            `metric.kid needs 2 vectors of each side, got ${real.count} and ${fake.count}; give its phase more steps`,
          );
        const key = philoxKey(context.seed, context.node);
        const values: number[] = [];
        for (let i = 0; i < subsets; i++) {
          const draw = (side: string, count: number): number[] => choose(size, philoxUniform(key, streamId(side), i, count));
          const [a, b] = [real.rows(draw("real", real.count)), fake.rows(draw("fake", fake.count))];
          values.push(await discrepancy(a, b, real.size));
        }
        const mean = values.reduce((x, y) => x + y, 0) / subsets;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / subsets;
        return { [named("kid", found)]: mean, [named("kid_std", found)]: Math.sqrt(variance) };
      },
    };
  },
});

/** Places of the `size` smallest of random numbers: a subset drawn without replacement. */
function choose(size: number, numbers: Float32Array): number[] {
  const places = Array.from(numbers, (_, i) => i).sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0));
  return places.slice(0, size);
}

async function discrepancy(a: Float32Array, b: Float32Array, size: number): Promise<number> {
  const n = a.length / size;
  const sum = async (x: Float32Array, y: Float32Array, skipDiagonal: boolean): Promise<number> => {
    let total = 0;
    (await products(x, y, size)).forEach((product, i) => {
      if (!skipDiagonal || i % (n + 1) !== 0) total += (product / size + 1) ** 3;
    });
    return total;
  };
  const within = (await sum(a, a, true)) + (await sum(b, b, true));
  return within / (n * (n - 1)) - (2 * (await sum(a, b, false))) / (n * n);
}
