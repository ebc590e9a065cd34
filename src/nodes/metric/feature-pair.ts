import { z } from "zod";
import { tensor } from "../../core/port.js";
import type { HostArray } from "../../core/tensor.js";
import { extractorParam } from "./extractor.js";
import { featureSet } from "./feature-set.js";
import type { FeatureSet } from "./feature-set.js";

/** Inputs of metrics that compare feature vectors one by one. */
export const featurePairInputs = {
  real: tensor("f32[B,C]", "features of real images"),
  fake: tensor("f32[b,C]", "features of generated images"),
};

/** Their params. */
export const featurePairParams = {
  extractor: extractorParam,
  limit: z.number().int().min(2).default(50_000).describe("keep only the first so many vectors of each side"),
};

/** The vectors of both sides, gathered over a phase. */
export interface FeaturePair {
  readonly real: FeatureSet;
  readonly fake: FeatureSet;
  add(values: { readonly real: HostArray; readonly fake: HostArray }): void;
}

/** Starts empty; keeps the first `limit` vectors of each side. */
export function featurePair(limit: number): FeaturePair {
  const real = featureSet("the real features", limit);
  const fake = featureSet("the fake features", limit);
  return {
    real,
    fake,
    add(values) {
      real.add(values.real);
      fake.add(values.fake);
    },
  };
}
