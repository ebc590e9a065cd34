import type { ArrayFile } from "./array-file.js";
import type { StoredNumbers } from "./safetensors-dtype.js";
import type { StoredArray } from "./stored-array.js";

/** What the numbers of an array are like: counts, and the spread of the finite ones (`std` over all of them, not n - 1). */
export interface ArrayStatistics {
  readonly nan: number;
  readonly infinite: number;
  /** Absent where no number is finite. */
  readonly finite?: { readonly min: number; readonly max: number; readonly mean: number; readonly std: number };
}

/** Reads an array piece by piece and gives its statistics, in float64. Throws an Error for a dtype that has no numbers here. */
export async function arrayStatistics(file: ArrayFile, array: StoredArray): Promise<ArrayStatistics> {
  const all = { count: 0, mean: 0, squares: 0, min: Infinity, max: -Infinity, nan: 0, infinite: 0 };
  for await (const numbers of file.pieces(array))
    for (let from = 0; from < numbers.length; from += block) take(all, numbers, from, Math.min(from + block, numbers.length));
  const { count, mean, squares, min, max, nan, infinite } = all;
  return { nan, infinite, ...(count > 0 ? { finite: { min, max, mean, std: Math.sqrt(squares / count) } } : {}) };
}

/** Numbers that are looked at twice, while they lie in the processor's nearest memory. */
const block = 2048;

/** Adds a block: its own mean and squared deviations first, then joined with those before (Chan, Golub and LeVeque 1979). */
function take(
  all: { count: number; mean: number; squares: number; min: number; max: number; nan: number; infinite: number },
  numbers: StoredNumbers,
  from: number,
  to: number,
): void {
  let [sum, min, max, odd] = [0, all.min, all.max, 0];
  for (let i = from; i < to; i++) {
    const value = numbers[i] ?? NaN;
    // Not finite: infinities and NaN are all that differ from themselves so.
    if (value - value !== 0) {
      odd++;
      if (Number.isNaN(value)) all.nan++;
      else all.infinite++;
      continue;
    }
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const count = to - from - odd;
  if (count === 0) return;
  const mean = sum / count;
  let squares = 0;
  for (let i = from; i < to; i++) {
    const off = (numbers[i] ?? NaN) - mean;
    if (off - off === 0) squares += off * off;
  }
  const total = all.count + count;
  const apart = mean - all.mean;
  all.squares += squares + (apart * apart * all.count * count) / total;
  all.mean += (apart * count) / total;
  all.count = total;
  all.min = min;
  all.max = max;
}
