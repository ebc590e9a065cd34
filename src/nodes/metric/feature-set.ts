import { tf } from "../../core/tensor.js";
import type { HostArray } from "../../core/tensor.js";

/** Feature vectors kept in single precision: 8 KB for each image of Inception's. */
export interface FeatureSet {
  /** Adds vectors `[B,C]`, up to the limit. Throws an Error where one holds NaN or infinity, or C changes. */
  add(features: HostArray): void;
  readonly count: number;
  readonly size: number;
  /** Vectors by their places, row-major `[places,C]`. */
  rows(places: readonly number[]): Float32Array;
}

/** Starts empty; `what` names the features in errors. */
export function featureSet(what: string, limit: number): FeatureSet {
  const kept: Float32Array[] = [];
  let size = 0;
  return {
    add({ shape, data }) {
      const [batch = 0, width = 0] = shape;
      if (kept.length === 0) size = width;
      if (width !== size) throw new Error(`${what} have ${width} numbers, before they had ${size}`);
      for (let i = 0; i < batch && kept.length < limit; i++) {
        const row = Float32Array.from(data.subarray(i * size, (i + 1) * size));
        if (!row.every(Number.isFinite))
          throw new Error(
            `${what} hold a number that is not finite in vector ${kept.length + 1}; look at the model that gives them`,
          );
        kept.push(row);
      }
    },
    get count() {
      return kept.length;
    },
    get size() {
      return size;
    },
    rows(places) {
      const out = new Float32Array(places.length * size);
      places.forEach((place, i) => out.set(kept[place] ?? [], i * size));
      return out;
    },
  };
}

/** Products of all pairs of rows, `[n,C]` and `[m,C]` -> `[n,m]`, on the device in use. */
export async function products(a: Float32Array, b: Float32Array, size: number): Promise<Float32Array> {
  const result = tf.tidy(() =>
    tf.matMul(tf.tensor2d(a, [a.length / size, size]), tf.tensor2d(b, [b.length / size, size]), false, true),
  );
  try {
    return (await result.data()) as Float32Array;
  } finally {
    result.dispose();
  }
}
