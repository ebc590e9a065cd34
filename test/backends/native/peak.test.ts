import { expect, test } from "@jest/globals";
import type { NativeAddon, NativeCall } from "../../../src/backends/native/addon.js";
import { multiplyAddPeak } from "../../../src/backends/native/peak.js";
import { withAddon } from "./with-addon.js";

test.each([
  ["fp32", 100],
  ["bf16", 200],
] as const)("in %s it is what the addon measures for that precision", (precision, expected) => {
  const peak: NativeCall = (result, _milliseconds, bf16) => void (result as Float32Array).fill(bf16 === 1 ? 200 : 100);
  expect(multiplyAddPeak({ kernels: { peak } } as unknown as NativeAddon, precision)).toBe(expected);
});

withAddon((addon) => {
  test.each(addon.isas())("%s has one in both precisions", (isa) => {
    addon.setIsa(isa);
    expect(multiplyAddPeak(addon, "fp32")).toBeGreaterThan(0);
    expect(multiplyAddPeak(addon, "bf16")).toBeGreaterThan(0);
  });
});
