import type { HostArray } from "../../core/tensor.js";

/** Mean and sums of products of feature vectors, in float64 by Welford's method. */
export interface RunningCovariance {
  /** Adds vectors `[B,C]`. Throws an Error where one holds NaN or infinity, or C changes. */
  add(features: HostArray): void;
  readonly count: number;
  readonly mean: Float64Array;
  /** The unbiased covariance (N − 1), row-major `[C,C]`. */
  covariance(): Float64Array;
}

/** Starts empty; `what` names the features in errors. */
export function runningCovariance(what: string): RunningCovariance {
  let count = 0;
  let mean = new Float64Array(0);
  let products = new Float64Array(0); // upper triangle of [C,C]; the lower one stays zero until the end
  let delta = new Float64Array(0);
  const addRow = (row: HostArray["data"]): void => {
    const size = mean.length;
    count++;
    for (let i = 0; i < size; i++) {
      const value = row[i] ?? NaN;
      if (!Number.isFinite(value))
        throw new Error(`${what} hold ${value} in vector ${count}, feature ${i}; look at the model that gives them`);
      delta[i] = value - (mean[i] ?? 0);
      mean[i] = (mean[i] ?? 0) + (delta[i] ?? 0) / count;
    }
    // (x − old mean)(x − new mean)ᵀ = (n − 1)/n · δδᵀ, which is symmetric.
    const share = (count - 1) / count;
    for (let i = 0; i < size; i++) {
      const scaled = (delta[i] ?? 0) * share;
      for (let j = i, at = i * size + i; j < size; j++, at++) products[at] = (products[at] ?? 0) + scaled * (delta[j] ?? 0);
    }
  };
  return {
    add({ shape, data }) {
      const [batch = 0, size = 0] = shape;
      if (count === 0) {
        mean = new Float64Array(size);
        delta = new Float64Array(size);
        products = new Float64Array(size * size);
      }
      if (size !== mean.length) throw new Error(`${what} have ${size} numbers, before they had ${mean.length}`);
      for (let i = 0; i < batch; i++) addRow(data.subarray(i * size, (i + 1) * size));
    },
    get count() {
      return count;
    },
    get mean() {
      return mean;
    },
    covariance() {
      if (count < 2) throw new Error(`${what}: a covariance needs at least 2 vectors, got ${count}; give the phase more steps`);
      const size = mean.length;
      const full = new Float64Array(size * size);
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) full[i * size + j] = (products[Math.min(i, j) * size + Math.max(i, j)] ?? 0) / (count - 1);
      return full;
    },
  };
}
