import { readFileSync } from "node:fs";
import type { WeightSpec } from "../../src/core/weight-spec.js";
import { streamId } from "../../src/core/philox.js";
import type { HostArray } from "../../src/core/tensor.js";

/** An array as the golden file holds it. */
export interface Golden {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** Outputs of the reference implementation at toy sizes; the file's own layout, one cast per use. */
export const golden = JSON.parse(readFileSync(new URL("../fixtures/golden.json", import.meta.url), "utf8")) as Record<
  string,
  unknown
>;

export function array(value: Golden): HostArray {
  return { dtype: "f32", shape: value.shape, data: Float32Array.from(value.data) };
}

export function ints(values: readonly number[]): HostArray {
  return { dtype: "i32", shape: [values.length], data: Int32Array.from(values) };
}

/** `[B,C,H,W]` -> `[B,H,W,C]`. */
export function channelsLast({ shape, data }: Golden): HostArray {
  const [B = 0, C = 0, H = 0, W = 0] = shape;
  const out = new Float32Array(data.length);
  for (let b = 0; b < B; b++)
    for (let c = 0; c < C; c++)
      for (let i = 0; i < H * W; i++) out[(b * H * W + i) * C + c] = data[(b * C + c) * H * W + i] ?? NaN;
  return { dtype: "f32", shape: [B, H, W, C], data: out };
}

/** An input of the golden cases, filled from its name: numbers in (−scale, scale). */
export function goldenArray(name: string, shape: readonly number[], scale = 1): HostArray {
  const random = mulberry32(streamId(name));
  const size = shape.reduce((a, b) => a * b, 1);
  return { dtype: "f32", shape, data: Float32Array.from({ length: size }, () => scale * (2 * random() - 1)) };
}

/**
 * The weights of the golden cases, reproducible from their names: 32-bit FNV-1a of `prefix + key` seeds mulberry32, whose numbers u
 * become offset + scale·(2u − 1); gains scale 0.2 around 1, all else 0.3 around 0. Sine tables are computed instead.
 */
export function goldenWeights(specs: readonly WeightSpec[], prefix: string, cut = ""): ReadonlyMap<string, HostArray> {
  const filled = specs.filter((spec) => spec.init.kind !== "table");
  return new Map(
    filled.map((spec) => {
      const key = spec.name.slice(cut.length);
      const gain = /(norm[^.]*\.weight|layernorm[^.]*\.weight|lambda1)$/.test(key);
      const random = mulberry32(streamId(prefix + key));
      const size = spec.shape.reduce((a, b) => a * b, 1);
      const [offset, scale] = gain ? [1, 0.2] : [0, 0.3];
      return [
        spec.name,
        { dtype: "f32", shape: spec.shape, data: Float32Array.from({ length: size }, () => offset + scale * (2 * random() - 1)) },
      ];
    }),
  );
}

/** Repeatable random numbers in [0, 1). */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The largest absolute difference of two lists of equal length. */
export function worst(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (got.length !== wanted.length) return Infinity;
  return Array.from(got).reduce((max, value, i) => Math.max(max, Math.abs(value - (wanted[i] ?? NaN))), 0);
}

/** The norm of the difference of two lists over the norm of the second; for a zero list the norm of the first. */
export function distance(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (got.length !== wanted.length) return Infinity;
  const apart = Math.hypot(...Array.from(got, (value, i) => value - (wanted[i] ?? NaN)));
  return apart / (Math.hypot(...Array.from(wanted)) || 1);
}
