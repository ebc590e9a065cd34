import type { Precision } from "../../core/define-backend.js";
import { nativeCall } from "./addon.js";
import type { NativeAddon } from "./addon.js";

/** Short enough for a benchmark's start, long enough for all threads to reach their clock. */
const milliseconds = 150;

/**
 * GFLOP/s of nothing but multiply-adds in the registers of all threads. An instruction of bf16 pairs does twice the work of a
 * float32 one in the same time; where the processor has none, bf16 is computed at the float32 rate.
 */
export function multiplyAddPeak(addon: NativeAddon, precision: Precision): number {
  const result = new Float32Array(1);
  nativeCall(addon, "peak")(result, milliseconds);
  const pairs = precision === "bf16" && addon.isa() === "avx512bf16";
  return (result[0] ?? 0) * (pairs ? 2 : 1);
}
