import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { readPath } from "../../core/params.js";
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
    statistics: readPath(".npz file with mu and sigma of the real features, in place of the input real").optional(),
  }),
  async start({ extractor, statistics }, context) {
    const stored = statistics === undefined ? undefined : await readStatistics(statistics);
    const real = stored ? undefined : runningCovariance("the real features");
    const fake = runningCovariance("the fake features");
    return {
      async add(values) {
        if ((values.real === undefined) === (real !== undefined))
          throw new Error("the real features come from the input real or from the file statistics: give one of them");
        await Promise.all([values.real && real?.add(values.real), fake.add(values.fake)]);
      },
      abandon() {
        real?.abandon();
        fake.abandon();
      },
      async finish() {
        const found = await findExtractor(extractor, context);
        const [ofReal, ofFake] = await Promise.all([stored ?? real?.finish(), fake.finish()]);
        if (!ofReal) throw new Error("the real features are missing");
        const [expected, features] = [ofReal.mean.length, ofFake.mean.length];
        if (expected !== features)
          throw new Error(
            `${statistics ?? "real"} has ${expected} features, the generated images have ${features}; use one extractor for both`,
          );
        const fewest = Math.min(real?.count ?? Infinity, fake.count);
        if (fewest <= features)
          context.log(
            "warn",
            `${fewest} images for ${features} features: too few for an unbiased distance, compare only equal counts`,
          );
        return { [named(found.inception ? "fid" : "frechet", found)]: await frechetDistance(ofReal, ofFake) };
      },
    };
  },
});
