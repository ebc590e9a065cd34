import { addProduct, depth, openPacked, pack, packedNumbers } from "./products.js";
import { numbersOf, openRoom, upToFour } from "./room.js";

/** Mean `[C]` and covariance `[C,C]` of a set of feature vectors. */
export interface Gaussian {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/** Vectors that `add` takes at once, at most. */
export const blockRows = depth - 1;

/** Mean and sums of products of vectors, in float64. */
export interface Moments {
  /** Adds up to `blockRows` vectors `[B,C]`. */
  add(vectors: Float32Array | Int32Array): void;
  /** Mean and unbiased covariance (N − 1). */
  gaussian(): Gaussian;
}

/**
 * Starts empty. Each block's products are summed about its own mean; the step from the mean before to the block's is one vector more, times
 * the root of its weight N·n/(N + n) (Chan, Golub and LeVeque 1979). C²/2 multiply-adds for each vector.
 */
export function openMoments(size: number): Moments {
  const room = openRoom(numbersOf(size, size) + numbersOf(depth, size) + packedNumbers(size));
  const sums = room.matrix(size, size); // upper triangle
  const block = room.matrix(depth, size);
  const packed = openPacked(room, size);
  const mean = new Float64Array(size);
  const own = new Float64Array(size);
  let count = 0;
  return {
    add(vectors) {
      const rows = vectors.length / size;
      own.fill(0);
      for (let r = 0, at = 0; r < rows; r++)
        for (let i = 0; i < size; i++) own[i] = (own[i] as number) + (vectors[at++] as number);
      for (let i = 0; i < size; i++) own[i] = (own[i] as number) / rows;
      for (let r = 0, at = 0; r < rows; r++)
        for (let i = 0, to = r * block.stride; i < size; i++) block.data[to + i] = (vectors[at++] as number) - (own[i] as number);
      const share = rows / (count + rows);
      const root = Math.sqrt(count * share);
      for (let i = 0, to = rows * block.stride; i < size; i++) {
        const step = (own[i] as number) - (mean[i] as number);
        block.data[to + i] = root * step;
        mean[i] = (mean[i] as number) + share * step;
      }
      count += rows;
      const range = [0, upToFour(size)] as const;
      pack(packed, block, { row: 0, count: rows + 1, from: 0, to: range[1] });
      addProduct(room, sums, packed, packed, { count: rows + 1, rows: range, columns: range, upper: true });
    },
    gaussian() {
      const covariance = new Float64Array(size * size);
      for (let i = 0; i < size; i++)
        for (let j = 0; j <= i; j++)
          covariance[i * size + j] = covariance[j * size + i] = (sums.data[j * sums.stride + i] as number) / (count - 1);
      return { mean: mean.slice(), covariance };
    },
  };
}
