import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { frechetDistance } from "./frechet.js";
import { runningCovariance } from "./running-covariance.js";

/**
 * Fréchet distance between the features of real and generated images (arXiv 1706.08500), covariances unbiased, all in float64. Only
 * with Inception's features is it the FID; with others the result is `frechet_<extractor>`, comparable within one extractor.
 */
export const fid = defineNode({
  kind: "reducer",
  type: "metric.fid",
  version: 1,
  note: "Fréchet distance between features of real and generated images.",
  inputs: { real: tensor("f32[B,C]", "features of real images"), fake: tensor("f32[B,C]", "features of generated images") },
  outputs: {},
  params: z.object({
    extractor: z
      .string()
      .regex(/^[\w.-]+$/)
      .describe("what gave the features, e.g. inception; it names the result"),
  }),
  start({ extractor }, context) {
    const real = runningCovariance("the real features");
    const fake = runningCovariance("the fake features");
    return {
      add(values) {
        real.add(values.real);
        fake.add(values.fake);
      },
      async finish() {
        const distance = await frechetDistance(
          { mean: real.mean, covariance: real.covariance() },
          { mean: fake.mean, covariance: fake.covariance() },
        );
        const fewest = Math.min(real.count, fake.count);
        if (fewest <= real.mean.length)
          context.log(
            "warn",
            `${fewest} images for ${real.mean.length} features: too few for an unbiased distance, compare only equal counts`,
          );
        return { [extractor === "inception" ? "fid" : `frechet_${extractor}`]: distance };
      },
    };
  },
});
