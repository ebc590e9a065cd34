import type { HostArray } from "../../core/tensor.js";

/** What an array holds in a few numbers, over its finite ones. */
export interface ArrayStatistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Standard deviation, over all numbers. */
  readonly std: number;
  /** How many are NaN or infinite. */
  readonly broken: number;
}

/** One pass over an array, in float64. */
export function statisticsOf({ data }: HostArray): ArrayStatistics {
  let [min, max, mean, squares, count] = [Infinity, -Infinity, 0, 0, 0];
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    count++;
    min = Math.min(min, value);
    max = Math.max(max, value);
    const far = value - mean;
    mean += far / count;
    squares += far * (value - mean);
  }
  const none = count === 0;
  return {
    min: none ? NaN : min,
    max: none ? NaN : max,
    mean: none ? NaN : mean,
    std: none ? NaN : Math.sqrt(squares / count),
    broken: data.length - count,
  };
}
