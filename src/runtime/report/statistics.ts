/** A mean with its 95% confidence interval; `half` is undefined where one number alone says nothing of spread. */
export interface Estimate {
  readonly mean: number;
  readonly half: number | undefined;
  readonly count: number;
}

/** Quantiles 0.975 of Student's t for 1 to 30 degrees of freedom. */
const quantiles = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101,
  2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** The mean of independent numbers and its 95% interval by Student's t. NaN where there are none. */
export function estimate(values: readonly number[]): Estimate {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean, half: undefined, count };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { mean, half: (quantiles[count - 2] ?? 1.96) * Math.sqrt(variance / count), count };
}

/** The mean of what `a` has above `b`, pair by pair, for the keys that both have: seeds cancel out what they share. */
export function pairedDifference(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): Estimate {
  return estimate([...a].flatMap(([key, value]) => (b.has(key) ? [value - (b.get(key) ?? NaN)] : [])));
}
