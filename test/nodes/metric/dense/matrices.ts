import { philoxNormal } from "../../../../src/core/philox.js";
import type { Matrix } from "../../../../src/nodes/metric/dense/room.js";

/** Rows of numbers. */
export type Rows = readonly (readonly number[])[];

export function random(rows: number, columns: number, place = 0): Rows {
  const data = philoxNormal([5, 6], place, 0, rows * columns);
  return Array.from({ length: rows }, (_, i) => [...data.slice(i * columns, (i + 1) * columns)]);
}

export const transposed = (a: Rows): Rows => (a[0] ?? []).map((_, j) => a.map((row) => row[j] ?? NaN));

export function product(a: Rows, b: Rows): Rows {
  const columns = transposed(b);
  return a.map((row) => columns.map((column) => row.reduce((sum, value, k) => sum + value * (column[k] ?? NaN), 0)));
}

/** A matrix with these singular values: a reflection from either side. */
export function withSingularValues(values: readonly number[], rows: number, place: number): Rows {
  const reflection = (size: number, where: number): Rows => {
    const [v = []] = random(1, size, where);
    const square = v.reduce((sum, value) => sum + value * value, 0);
    return v.map((a, i) => v.map((b, j) => (i === j ? 1 : 0) - (2 * a * b) / square));
  };
  const diagonal = Array.from({ length: rows }, (_, i) => values.map((value, j) => (i === j ? value : 0)));
  return product(product(reflection(rows, place), diagonal), reflection(values.length, place + 1));
}

export function write(rows: Rows, into: Matrix): void {
  rows.forEach((row, i) => into.data.set(row, i * into.stride));
}

export function read({ data, stride, rows, columns }: Matrix): Rows {
  return Array.from({ length: rows }, (_, i) => [...data.subarray(i * stride, i * stride + columns)]);
}

/** The largest difference between entries. */
export function apart(a: Rows, b: Rows): number {
  return Math.max(0, ...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - (b[i]?.[j] ?? NaN)))));
}
