import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { path } from "../../core/params.js";
import { optional, tensor } from "../../core/port.js";
import { extractorParam, findExtractor, named } from "./extractor.js";
import { frechetDistance } from "./frechet.js";
import { runningCovariance } from "./running-covariance.js";
import { readStatistics } from "./statistics-file.js";

/**
 * Fréchet distance between the features of real and generated images (arXiv 1706.08500), covariances unbiased, all in float64; the
 * features are counted as they come and not kept. Only with Inception's features is it the FID, `fid_<hash of the weights>`; with others
 * the result is `frechet_<extractor>`, comparable within one extractor.
 */
export const fid = defineNode({
  kind: "reducer",
  type: "metric.fid",
  version: 2,
  note: "Fréchet distance between features of real and generated images.",
  inputs: {
    real: optional(tensor("f32[B,C]", "features of real images; or their statistics in a file")),
    fake: tensor("f32[b,C]", "features of generated images"),
  },
  outputs: {},
  params: z.object({
    extractor: extractorParam,
    statistics: path(".npz file with mu and sigma of the real features, in place of the input real").optional(),
  }),
  async start({ extractor, statistics }, context) {
    const stored = statistics === undefined ? undefined : await readStatistics(statistics);
    const real = runningCovariance("the real features");
    const fake = runningCovariance("the fake features");
    return {
      add(values) {
        if ((values.real === undefined) === (stored === undefined))
          throw new Error("the real features come from the input real or from the file statistics: give one of them");
        if (values.real) real.add(values.real);
        fake.add(values.fake);
      },
      async finish() {
        const found = await findExtractor(extractor, context);
        const other = stored ?? { mean: real.mean, covariance: real.covariance() };
        if (other.mean.length !== fake.mean.length)
          throw new Error(
            `${statistics ?? "real"} has ${other.mean.length} features, the generated images have ${fake.mean.length}; use one extractor for both`,
          );
        const distance = frechetDistance(other, { mean: fake.mean, covariance: fake.covariance() });
        const fewest = stored ? fake.count : Math.min(real.count, fake.count);
        if (fewest <= fake.mean.length)
          context.log(
            "warn",
            `${fewest} images for ${fake.mean.length} features: too few for an unbiased distance, compare only equal counts`,
          );
        return { [named(found.inception ? "fid" : "frechet", found)]: distance };
      },
    };
  },
});
