import { addProduct, depth, pack } from "./products.js";
import type { Packed } from "./products.js";
import { upToFour } from "./room.js";
import type { Matrix, Room } from "./room.js";

/** Rows that are found before the rest of the matrix is brought up to date with them. */
const panel = 64;

/** A covariance as RᵀR with its features in another order. */
export interface Factor {
  /** Rows of R that are not zero. */
  readonly rank: number;
  /** Which feature each column of R belongs to. */
  readonly order: Int32Array;
}

/**
 * Factors a symmetric matrix without negative eigenvalues, whose lower triangle is not looked at, in place: its first `rank` rows become the
 * upper triangle R. Cholesky's method, the largest rest first, in panels (Higham, Accuracy and Stability, 10.3); ends where the rest is
 * rounding, so a matrix of deficient rank gets as many rows as its rank.
 */
export function factor(room: Room, matrix: Matrix, packs: readonly [Packed, Packed]): Factor {
  const { data, stride, rows: size } = matrix;
  const order = Int32Array.from({ length: size }, (_, i) => i);
  const rest = Float64Array.from({ length: size }, (_, i) => data[i * stride + i] as number);
  const smallest = size * Number.EPSILON * rest.reduce((most, value) => Math.max(most, value), 0);
  let rank = 0;
  for (let start = 0; rank === start && start < size; start += panel) {
    const end = Math.min(size, start + panel);
    for (; rank < end; rank++) {
      let pivot = rank;
      for (let i = rank + 1; i < size; i++) if ((rest[i] as number) > (rest[pivot] as number)) pivot = i;
      const left = rest[pivot] as number;
      if (!(left > smallest)) break;
      if (pivot !== rank) exchange(matrix, rank, pivot, order, rest);
      const row = data.subarray(rank * stride, rank * stride + size);
      for (let k = start; k < rank; k++) {
        const share = data[k * stride + rank] as number;
        const known = k * stride;
        for (let i = rank + 1; i < size; i++) row[i] = (row[i] as number) - share * (data[known + i] as number);
      }
      const root = Math.sqrt(left);
      row[rank] = root;
      for (let i = rank + 1; i < size; i++) {
        const value = (row[i] as number) / root;
        row[i] = value;
        rest[i] = (rest[i] as number) - value * value;
      }
    }
    if (rank === end && end < size) update(room, matrix, packs, start, end);
  }
  for (let i = 0; i < size; i++) data.fill(0, i * stride, i * stride + (i < rank ? i : size));
  return { rank, order };
}

/** Takes the panel's rows from the rest of the matrix. */
function update(room: Room, matrix: Matrix, [left, right]: readonly [Packed, Packed], start: number, end: number): void {
  const part = { row: start, count: end - start, from: end, to: upToFour(matrix.rows) };
  pack(left, matrix, { ...part, scale: -1 });
  pack(right, matrix, part);
  const range = [end, part.to] as const;
  addProduct(room, matrix, left, right, { count: part.count, rows: range, columns: range, upper: true });
}

/** Exchanges the features at places i < j of the upper triangle. */
function exchange({ data, stride, rows: size }: Matrix, i: number, j: number, order: Int32Array, rest: Float64Array): void {
  const swap = (a: number, b: number): void => {
    [data[a], data[b]] = [data[b] as number, data[a] as number];
  };
  for (let k = 0; k < i; k++) swap(k * stride + i, k * stride + j);
  swap(i * stride + i, j * stride + j);
  for (let k = i + 1; k < j; k++) swap(i * stride + k, k * stride + j);
  for (let k = j + 1; k < size; k++) swap(i * stride + k, j * stride + k);
  [order[i], order[j]] = [order[j] as number, order[i] as number];
  [rest[i], rest[j]] = [rest[j] as number, rest[i] as number];
}

/** A factored matrix. */
export interface Factored extends Factor {
  readonly matrix: Matrix;
}

/** into `[p,q]` = R₁·R₂ᵀ of two factors of the same features. Puts the columns of the second in the order of the first. */
export function multiplyFactors(
  room: Room,
  into: Matrix,
  [first, second]: readonly [Factored, Factored],
  [left, right]: readonly [Packed, Packed],
): void {
  const { rows: size } = first.matrix;
  const place = new Int32Array(size);
  second.order.forEach((feature, i) => (place[feature] = i));
  for (let i = 0; i < second.rank; i++) {
    const { data, stride } = second.matrix;
    const row = data.subarray(i * stride, i * stride + size);
    row.set(Float64Array.from(first.order, (feature) => row[place[feature] as number] as number));
  }
  for (let row = 0; row < size; row += depth) {
    const part = { row, count: Math.min(depth, size - row), from: 0, across: true };
    // Rows of R₁ that begin further right have zeros there.
    const rows = [0, upToFour(Math.min(first.rank, row + depth))] as const;
    const columns = [0, upToFour(second.rank)] as const;
    pack(left, first.matrix, { ...part, to: rows[1] });
    pack(right, second.matrix, { ...part, to: columns[1] });
    addProduct(room, into, left, right, { count: part.count, rows, columns });
  }
}
