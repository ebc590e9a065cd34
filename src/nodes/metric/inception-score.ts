import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { extractorParam, findExtractor, named } from "./extractor.js";

/** Sums over one split: images, probabilities, and p·log p. */
interface Split {
  images: number;
  readonly sums: Float64Array;
  negativeEntropy: number;
}

/**
 * Inception Score (arXiv 1606.03498): exp of the mean divergence of each image's class probabilities from those of its split; mean and
 * deviation over splits. Counted as the images come; float64.
 */
export const inceptionScore = defineNode({
  kind: "reducer",
  type: "metric.inception_score",
  version: 1,
  note: "Inception Score of generated images from class logits.",
  inputs: { logits: tensor("f32[B,K]", "of the classes; encoder.inception_v3 gives them without bias, as the score is defined") },
  outputs: {},
  params: z.object({
    extractor: extractorParam,
    split: z
      .number()
      .int()
      .min(1)
      .default(5000)
      .describe("images of a split; a rest smaller than half of it is added to the one before"),
  }),
  start({ extractor, split }, context) {
    const splits: Split[] = [];
    return {
      add({ logits: { shape, data } }) {
        const [batch = 0, classes = 0] = shape;
        for (let i = 0; i < batch; i++) {
          if ((splits.at(-1)?.images ?? split) >= split)
            splits.push({ images: 0, sums: new Float64Array(classes), negativeEntropy: 0 });
          const current = splits.at(-1);
          if (current) count(current, Float64Array.from(data.subarray(i * classes, (i + 1) * classes)));
        }
      },
      async finish() {
        const found = await findExtractor(extractor, context);
        const rest = splits.at(-1);
        const before = splits.at(-2);
        if (!rest) throw new Error("metric.inception_score saw no images; give its phase at least one step");
        if (before && rest.images < split / 2) merge(before, splits.pop());
        const scores = splits.map(scoreOf);
        const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
        const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length;
        return { [named("inception_score", found)]: mean, [named("inception_score_std", found)]: Math.sqrt(variance) };
      },
    };
  },
});

function count(split: Split, logits: Float64Array): void {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - most));
  const total = powers.reduce((a, b) => a + b, 0);
  split.images++;
  powers.forEach((power, k) => {
    const p = power / total;
    split.sums[k] = (split.sums[k] ?? 0) + p;
    if (p > 0) split.negativeEntropy += p * ((logits[k] ?? 0) - most - Math.log(total));
  });
}

function merge(into: Split, from: Split | undefined): void {
  into.images += from?.images ?? 0;
  into.negativeEntropy += from?.negativeEntropy ?? 0;
  from?.sums.forEach((value, k) => (into.sums[k] = (into.sums[k] ?? 0) + value));
}

/** exp of (Σ p·log p) / N − Σ q·log q with the mean probabilities q. */
function scoreOf({ images, sums, negativeEntropy }: Split): number {
  const marginal = sums.reduce((sum, value) => (value > 0 ? sum + (value / images) * Math.log(value / images) : sum), 0);
  return Math.exp(negativeEntropy / images - marginal);
}
