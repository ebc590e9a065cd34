import { addProduct, pack } from "./products.js";
import type { Packed } from "./products.js";
import { numbersOf, upToFour } from "./room.js";
import type { Matrix, Room } from "./room.js";

/** Reflections of columns, and of rows, that are gathered before the rest of the matrix is brought up to date with them. */
const panel = 32;

/** A matrix with a main diagonal and, beside it, `upper[i]` in row i and column i + 1. */
export interface Bidiagonal {
  readonly main: Float64Array;
  readonly upper: Float64Array;
}

/** Numbers that `bidiagonalize` takes of a room. */
export function bidiagonalNumbers(rows: number, columns: number): number {
  return numbersOf(2 * panel, rows) + numbersOf(2 * panel, columns) + numbersOf(1, 2 * panel);
}

/**
 * The bidiagonal matrix with the singular values of a matrix `[rows,columns]`, rows ≥ columns; the matrix is overwritten. Householder
 * reflections from both sides, 4/3 n³ multiply-adds for a square one, half of them in products of matrices (Dongarra, Hammarling and
 * Sorensen 1989, LAPACK's way): within a panel the true matrix is A − leftᵀ·right.
 */
export function bidiagonalize(room: Room, matrix: Matrix, packs: readonly [Packed, Packed]): Bidiagonal {
  const { rows, columns } = matrix;
  const [main, upper] = [new Float64Array(columns), new Float64Array(columns)];
  const left = room.matrix(2 * panel, rows);
  const right = room.matrix(2 * panel, columns);
  const shares = room.matrix(1, 2 * panel);
  const { addRows, dotRows } = room.kernels;
  const row = ({ data, stride }: Matrix, i: number): Float64Array => data.subarray(i * stride, (i + 1) * stride);
  const place = ({ at, stride }: Matrix, i: number, j: number): number => at + 8 * (i * stride + j);

  /** Row `into` of a matrix -= Σ over k < count of shares[k] times its row k, from number `from` on. */
  const subtract = (of: Matrix, into: number, count: number, from: number): void => {
    for (let k = 0; k < upToFour(count); k++) shares.data[k] = k < count ? -(shares.data[k] as number) : 0;
    const length = upToFour(of.columns) - from;
    for (let k = 0; k < count; k += 4)
      addRows(length, place(of, into, from), place(of, k, from), 8 * of.stride, shares.at + 8 * k);
  };
  /** shares[k] = number `at` of row k < count. */
  const readShares = (of: Matrix, count: number, at: number): void => {
    for (let k = 0; k < count; k++) shares.data[k] = of.data[k * of.stride + at] as number;
  };
  /** shares[k] = product of rows k < count and `with`. */
  const multiplyShares = (of: Matrix, count: number, other: number, from: number): void => {
    const length = upToFour(of.columns) - from;
    for (let k = 0; k < count; k += 4)
      dotRows(length, place(of, other, from), place(of, k, from), 8 * of.stride, shares.at + 8 * k);
  };

  for (let start = 0; start < columns; start += panel) {
    const end = Math.min(columns, start + panel);
    left.data.fill(0);
    right.data.fill(0);
    for (let i = start; i < end; i++) {
      const k = 2 * (i - start);
      const [v, y, x, u] = [row(left, k), row(right, k), row(left, k + 1), row(right, k + 1)];
      const [from, next] = [i - (i % 4), i + 1 - ((i + 1) % 4)];

      for (let r = i; r < rows; r++) v[r] = matrix.data[r * matrix.stride + i] as number;
      readShares(right, k, i);
      subtract(left, k, k, from);
      const column = reflect(v, i, rows);
      main[i] = column.length;
      if (i + 1 === columns) break;

      for (let r = from; r < rows; r += 4)
        addRows(upToFour(columns) - next, place(right, k, next), place(matrix, r, next), 8 * matrix.stride, place(left, k, r));
      multiplyShares(left, k, k, from);
      subtract(right, k, k, next);
      scale(y, column.factor, i + 1, columns);

      for (let j = i + 1; j < columns; j++) u[j] = matrix.data[i * matrix.stride + j] as number;
      readShares(left, k + 1, i);
      subtract(right, k + 1, k + 1, next);
      const line = reflect(u, i + 1, columns);
      upper[i] = line.length;

      for (let r = next; r < rows; r += 4)
        dotRows(
          upToFour(columns) - next,
          place(right, k + 1, next),
          place(matrix, r, next),
          8 * matrix.stride,
          place(left, k + 1, r),
        );
      multiplyShares(right, k + 1, k + 1, next);
      subtract(left, k + 1, k + 1, next);
      scale(x, line.factor, i + 1, rows);
    }
    if (end === columns) break;
    const part = { row: 0, count: 2 * panel, from: end };
    const reach = [upToFour(rows), upToFour(columns)] as const;
    pack(packs[0], left, { ...part, to: reach[0], scale: -1 });
    pack(packs[1], right, { ...part, to: reach[1] });
    addProduct(room, matrix, ...packs, { count: 2 * panel, rows: [end, reach[0]], columns: [end, reach[1]] });
  }
  return { main, upper };
}

/**
 * Makes numbers `first` to `end` of x the vector v, v[first] = 1, of the reflection 1 − factor·v·vᵀ that leaves only `length` in the first
 * place; all numbers outside become zero.
 */
function reflect(x: Float64Array, first: number, end: number): { length: number; factor: number } {
  x.fill(0, 0, first);
  x.fill(0, end);
  const alpha = x[first] as number;
  let square = 0;
  for (let i = first + 1; i < end; i++) square += (x[i] as number) ** 2;
  x[first] = 1;
  if (square === 0) return { length: alpha, factor: 0 };
  const norm = Math.sqrt(alpha * alpha + square);
  const length = alpha > 0 ? -norm : norm;
  for (let i = first + 1; i < end; i++) x[i] = (x[i] as number) / (alpha - length);
  return { length, factor: (length - alpha) / length };
}

/** Multiplies numbers `first` to `end`; all outside become zero. */
function scale(x: Float64Array, factor: number, first: number, end: number): void {
  x.fill(0, 0, first);
  x.fill(0, end);
  for (let i = first; i < end; i++) x[i] = (x[i] as number) * factor;
}
