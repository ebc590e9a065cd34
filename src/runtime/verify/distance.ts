import type { HostArray } from "../../core/tensor.js";

/**
 * How far two arrays are apart: the largest difference of two numbers as a share of the largest number of `a`, or of `floor` where that
 * is larger. Infinity for other shapes, and where one has a number and the other none; two NaNs, or equal infinities, are no difference.
 */
export function distance(a: HostArray, b: HostArray, floor = 1e-6): number {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return Infinity;
  let scale = floor;
  let apart = 0;
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = [a.data[i] ?? NaN, b.data[i] ?? NaN];
    if (Object.is(x, y) || x === y) {
      if (Number.isFinite(x)) scale = Math.max(scale, Math.abs(x));
      continue;
    }
    if (!Number.isFinite(x) || !Number.isFinite(y)) return Infinity;
    scale = Math.max(scale, Math.abs(x));
    apart = Math.max(apart, Math.abs(x - y));
  }
  return apart / scale;
}

/** The largest size of a finite number in an array. */
export function largest({ data }: HostArray): number {
  let found = 0;
  for (const value of data) if (Number.isFinite(value)) found = Math.max(found, Math.abs(value));
  return found;
}
