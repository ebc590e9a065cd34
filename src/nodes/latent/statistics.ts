import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { path } from "../../core/params.js";
import { tensor } from "../../core/port.js";
import type { HostArray } from "../../core/tensor.js";
import { writeSafetensors } from "../files/safetensors.js";
import { exactMoments, momentumMoments } from "./running-moments.js";

/**
 * Mean and variance of every element of the latent over a phase, written as `mean` and `var` of shape `[C,h,w]` for latent.normalize.
 * The file's metadata says how many images were seen, by which estimator, and from which data and encoder they came (file hashes).
 */
export const latentStatistics = defineNode({
  kind: "reducer",
  type: "latent.statistics",
  version: 1,
  note: "Measures mean and variance of latents and writes them to a file.",
  inputs: { z: tensor("f32[B,h,w,C]") },
  outputs: {},
  params: z.object({
    file: path("safetensors file to write"),
    estimator: z
      .enum(["exact", "momentum"])
      .default("exact")
      .describe("over all images in one float64 pass (Welford), or the reference's moving average over batches"),
    momentum: z.number().gt(0).max(1).default(0.1).describe("weight of a new batch, for the momentum estimator"),
  }),
  start(params, context) {
    const isExact = params.estimator === "exact";
    const running = isExact ? exactMoments() : momentumMoments(params.momentum);
    return {
      add: ({ z: latent }) => running.add(latent),
      async finish() {
        const { mean, variance, shape, count } = running.result();
        const arrays = new Map([
          ["mean", channelsFirst(mean, shape)],
          ["var", channelsFirst(variance, shape)],
        ]);
        const metadata = {
          images: String(count),
          estimator: isExact ? "welford-float64" : `momentum-${params.momentum}`,
          origins: JSON.stringify(await context.origins()),
        };
        await writeSafetensors(params.file, arrays, { metadata });
        context.log("info", `latent statistics of ${count} images written to ${params.file}`);
        const average = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;
        return { images: count, mean: average(mean), variance: average(variance) };
      },
    };
  },
});

/** `[h,w,C]` float64 -> `[C,h,w]` f32. */
function channelsFirst(values: Float64Array, shape: readonly number[]): HostArray {
  const [h = 0, w = 0, channels = 0] = shape;
  const data = new Float32Array(values.length);
  for (let position = 0; position < h * w; position++)
    for (let c = 0; c < channels; c++) data[c * h * w + position] = values[position * channels + c] ?? 0;
  return { dtype: "f32", shape: [channels, h, w], data };
}
