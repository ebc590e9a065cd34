import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { wholeNumber } from "./options.mjs";

export const note = "Fréchet distance of as many features and vectors as a published FID has, by the way that a run goes.";

export const options = {
  features: { value: "n", note: "numbers of a vector (default: 2048)", check: wholeNumber },
  vectors: { value: "n", note: "vectors of either side (default: 50000)", check: wholeNumber },
  batch: { value: "n", note: "vectors of a step (default: 100)", check: wholeNumber },
};

/** Batches of numbers that no two calls give alike, with variances from 1 down to 1e-4. */
function batches(features, batch) {
  let state = 1;
  const width = Float32Array.from({ length: features }, (_, i) => Math.exp((-4.6 * i) / features));
  return () =>
    Float32Array.from({ length: features * batch }, (_, i) => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return width[i % features] * (state / 2 ** 31);
    });
}

/** Counts all vectors as `metric.fid` does, then finds the distance; samples memory at each step, and how long nothing else could run. */
export async function run({ features = 2048, vectors = 50_000, batch = 100 }) {
  const { fid } = await import("../dist/nodes/metric/fid.js");
  const said = [];
  const context = { log: (_level, text) => said.push(text), origins: async () => [] };
  const reduction = await fid.start({ extractor: "random" }, context);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const next = batches(features, batch);
  const shape = [batch, features];
  const memory = [];
  let counting = 0;
  for (let done = 0; done < vectors; done += batch) {
    const [real, fake] = [next(), next()].map((data) => ({ dtype: "f32", shape, data }));
    const start = performance.now();
    await reduction.add({ real, fake });
    counting += performance.now() - start;
    memory.push(process.memoryUsage.rss());
    await setImmediate();
  }
  const start = performance.now();
  const [distance] = Object.values(await reduction.finish());
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  const at = (share) => memory[Math.min(memory.length - 1, Math.floor(share * memory.length))];
  return {
    features,
    vectors,
    wait_ms_per_vector: counting / vectors / 2,
    distance_s: seconds,
    longest_stall_ms: delay.max / 1e6,
    rss_tenth_bytes: at(0.1),
    rss_end_bytes: at(1),
    rss_peak_bytes: Math.max(...memory, process.memoryUsage.rss()),
    distance,
  };
}

/** The result for people. */
export function text(found) {
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
  return [
    `${found.vectors} vectors of ${found.features} numbers on either side: ${found.wait_ms_per_vector.toFixed(2)} ms of a run's time a vector`,
    `the distance ${found.distance_s.toFixed(1)} s after the last; nothing waited longer than ${found.longest_stall_ms.toFixed(0)} ms`,
    `memory: ${megabytes(found.rss_tenth_bytes)} after a tenth, ${megabytes(found.rss_end_bytes)} after all, ${megabytes(found.rss_peak_bytes)} at most`,
  ].join("\n");
}
