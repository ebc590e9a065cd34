import type { Precision } from "../../core/define-backend.js";
import { nativeCall } from "./addon.js";
import type { NativeAddon } from "./addon.js";

/** Short enough for a benchmark's start, long enough for all threads to reach their clock. */
const milliseconds = 150;

/**
 * GFLOP/s of nothing but multiply-adds in the registers of all threads, by the instruction that products of this precision use: of
 * vectors, of vectors of bf16 pairs, or of matrix tiles.
 */
export function multiplyAddPeak(addon: NativeAddon, precision: Precision): number {
  const result = new Float32Array(1);
  nativeCall(addon, "peak")(result, milliseconds, precision === "bf16" ? 1 : 0);
  return result[0] ?? 0;
}
