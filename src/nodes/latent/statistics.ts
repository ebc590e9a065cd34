import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { path } from "../../core/params.js";
import { tensor } from "../../core/port.js";
import type { HostArray } from "../../core/tensor.js";
import { writeSafetensors } from "../files/safetensors.js";

/**
 * Mean and variance of every element of the latent over a phase, by Welford's method in float64, written as `mean` and `var` of
 * shape `[C,h,w]` for latent.normalize. Population variance, as published.
 */
export const latentStatistics = defineNode({
  kind: "reducer",
  type: "latent.statistics",
  note: "Measures mean and variance of latents and writes them to a file.",
  inputs: { z: tensor("f32[B,h,w,C]") },
  outputs: {},
  params: z.object({ file: path("safetensors file to write") }),
  start(params, context) {
    const running = new RunningMoments();
    return {
      add: ({ z: latent }) => running.add(latent),
      async finish() {
        const { mean, variance, shape, count } = running.result();
        const arrays = new Map([
          ["mean", channelsFirst(mean, shape)],
          ["var", channelsFirst(variance, shape)],
        ]);
        await writeSafetensors(params.file, arrays, { metadata: { images: String(count), estimator: "welford-float64" } });
        context.log("info", `latent statistics of ${count} images written to ${params.file}`);
        const average = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;
        return { images: count, mean: average(mean), variance: average(variance) };
      },
    };
  },
});

/** Welford's running mean and sum of squares per element. */
class RunningMoments {
  private count = 0;
  private shape: readonly number[] = [];
  private mean = new Float64Array(0);
  private squares = new Float64Array(0);

  add(batch: HostArray): void {
    const [images = 0, ...shape] = batch.shape;
    const size = shape.reduce((a, b) => a * b, 1);
    if (this.count === 0) {
      this.shape = shape;
      this.mean = new Float64Array(size);
      this.squares = new Float64Array(size);
    }
    for (let image = 0; image < images; image++) {
      this.count++;
      for (let i = 0; i < size; i++) {
        const value = batch.data[image * size + i] ?? 0;
        const before = this.mean[i] ?? 0;
        const after = before + (value - before) / this.count;
        this.mean[i] = after;
        this.squares[i] = (this.squares[i] ?? 0) + (value - before) * (value - after);
      }
    }
  }

  result(): { mean: Float64Array; variance: Float64Array; shape: readonly number[]; count: number } {
    if (this.count === 0) throw new Error("latent.statistics saw no latents; give its phase at least one step");
    return { mean: this.mean, variance: this.squares.map((s) => s / this.count), shape: this.shape, count: this.count };
  }
}

/** `[h,w,C]` float64 -> `[C,h,w]` f32. */
function channelsFirst(values: Float64Array, shape: readonly number[]): HostArray {
  const [h = 0, w = 0, channels = 0] = shape;
  const data = new Float32Array(values.length);
  for (let position = 0; position < h * w; position++)
    for (let c = 0; c < channels; c++) data[c * h * w + position] = values[position * channels + c] ?? 0;
  return { dtype: "f32", shape: [channels, h, w], data };
}
