import { expect, test } from "@jest/globals";
import type { NativeAddon, NativeCall } from "../../../src/backends/native/addon.js";
import { addonBuilt, loadAddon } from "../../../src/backends/native/addon.js";
import { multiplyAddPeak } from "../../../src/backends/native/peak.js";

/** An addon on a processor that does 100 GFLOP/s in float32. */
function addonWith(isa: string): NativeAddon {
  const peak: NativeCall = (result) => void (result as Float32Array).fill(100);
  return { isa: () => isa, kernels: { peak } } as unknown as NativeAddon;
}

test.each([
  ["avx512bf16", "fp32", 100],
  ["avx512bf16", "bf16", 200],
  ["avx2", "bf16", 100],
] as const)("on %s in %s it is %p GFLOP/s", (isa, precision, expected) => {
  expect(multiplyAddPeak(addonWith(isa), precision)).toBe(expected);
});

(addonBuilt() ? test : test.skip)("this processor has one", () => {
  expect(multiplyAddPeak(loadAddon(), "fp32")).toBeGreaterThan(0);
});
