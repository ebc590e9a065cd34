import { numbersOf, upToFour } from "./room.js";
import type { Matrix, Room } from "./room.js";

/** Rows that are multiplied at once: a strip of 4 columns then fits the first cache. */
export const depth = 256;
/** Strips of 4 columns that are kept in the second cache while all others pass by them. */
const strips = 64;

/** Numbers that a packed matrix takes. */
export function packedNumbers(columns: number): number {
  return numbersOf(depth, upToFour(columns));
}

/** Up to `depth` rows of a matrix in strips of 4 columns, `[columns / 4, rows, 4]`, as the kernel reads them. */
export type Packed = Pick<Matrix, "at" | "data">;

/** Room for a packed matrix. */
export function openPacked(room: Room, columns: number): Packed {
  return room.matrix(depth, upToFour(columns));
}

/**
 * Packs `count` rows of a matrix from row `row` on, its columns `from` to `to`, both multiples of 4, times `scale`. With `across` it packs
 * the transposed matrix.
 */
export function pack(into: Packed, matrix: Matrix, part: Part): void {
  const { data, stride } = matrix;
  const { row, count, from, to, scale = 1, across = false } = part;
  const [down, along] = across ? [1, stride] : [stride, 1];
  for (let column = from; column < to; column += 4) {
    let place = column * count;
    for (let k = row; k < row + count; k++) {
      const at = k * down + column * along;
      for (let i = 0; i < 4; i++) into.data[place++] = scale * (data[at + i * along] as number);
    }
  }
}

/** A part of a matrix to pack. */
export interface Part {
  readonly row: number;
  readonly count: number;
  readonly from: number;
  readonly to: number;
  readonly scale?: number;
  readonly across?: boolean;
}

/** Which columns of two packed matrices to multiply. */
export interface Range {
  /** Rows of both. */
  readonly count: number;
  /** Columns of the left, and rows of the result. */
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
  /** Only where the column is not left of the row. */
  readonly upper?: boolean;
}

/** c += leftᵀ·right, in tiles of 4x4. */
export function addProduct(room: Room, c: Matrix, left: Packed, right: Packed, { count, rows, columns, upper }: Range): void {
  const { tile } = room.kernels;
  const stride = 8 * c.stride;
  for (let start = columns[0]; start < columns[1]; start += 4 * strips) {
    const end = Math.min(columns[1], start + 4 * strips);
    const last = upper ? Math.min(rows[1], end) : rows[1];
    for (let row = rows[0]; row < last; row += 4) {
      const a = left.at + 8 * row * count;
      for (let column = upper ? Math.max(start, row) : start; column < end; column += 4)
        tile(count, a, right.at + 8 * column * count, c.at + row * stride + 8 * column, stride);
    }
  }
}
