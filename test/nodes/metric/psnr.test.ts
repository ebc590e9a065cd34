import { expect, test } from "@jest/globals";
import type { HostArray } from "../../../src/core/tensor.js";
import { psnr } from "../../../src/nodes/metric/psnr.js";
import { harness } from "../../../src/runtime/testing/harness.js";
import { fill } from "./fill.js";

/** One image of two pixels. */
const pair = (a: number, b: number) => [[[[a], [b]]]];

test("an error of 0.1 in every pixel is 20 dB", async () => {
  const { psnr: result } = await harness(psnr, { quantize: false }).reduce({ image: pair(0.5, 0.6), reference: pair(0.4, 0.7) });
  expect(result).toBeCloseTo(20, 5);
});

test("equal images have 100 dB", async () => {
  expect(await harness(psnr).reduce({ image: pair(0.5, 1), reference: pair(0.5, 1) })).toEqual({ psnr: 100 });
});

test("numbers outside of [0,1] are clamped first", async () => {
  expect(await harness(psnr).reduce({ image: pair(-3, 7), reference: pair(0, 1) })).toEqual({ psnr: 100 });
});

test("differences below half a level of 8 bits vanish unless quantize is off", async () => {
  const batch = { image: pair(0.2001, 0.8), reference: pair(0.2, 0.8) };
  expect(await harness(psnr).reduce(batch)).toEqual({ psnr: 100 });
  expect((await harness(psnr, { quantize: false }).reduce(batch))["psnr"]).toBeLessThan(90);
});

test("images count equally, however batches are cut", async () => {
  const white = { image: pair(1, 1), reference: pair(0, 0) }; // 0 dB
  const equal = {
    image: [...pair(0, 0), ...pair(1, 1), ...pair(0, 1)],
    reference: [...pair(0, 0), ...pair(1, 1), ...pair(0, 1)],
  };
  expect(await harness(psnr).reduce(white, equal)).toEqual({ psnr: 75 });
});

test("golden values of the reference implementation", async () => {
  const shape = [2, 16, 16, 3]; // the order of pixels within an image does not matter
  const a = fill("met.a", 2 * 768, 1).map((value) => (value + 1) / 2);
  const noise = fill("met.b", 2 * 768, 1);
  const b = a.map((value, i) => Math.min(Math.max(value + 0.1 * (noise[i] ?? 0), 0), 1));
  const image = (data: Float32Array, i: number): HostArray => ({
    dtype: "f32",
    shape: [1, ...shape.slice(1)],
    data: data.subarray(768 * i, 768 * (i + 1)),
  });
  for (const [i, expected] of [24.8694801, 24.772438].entries()) {
    const result = await harness(psnr, { quantize: false }).reduce({ image: image(a, i), reference: image(b, i) });
    expect(result["psnr"]).toBeCloseTo(expected, 4);
  }
});

test("NaN in an image shows in the result", async () => {
  expect(await harness(psnr).reduce({ image: pair(NaN, 1), reference: pair(0, 1) })).toEqual({ psnr: NaN });
});

test("refuses a phase without images", async () => {
  await expect(harness(psnr).reduce()).rejects.toThrow("metric.psnr saw no images");
});

test("images with a number of their own get results by it", async () => {
  const image = [[[[0.5]]], [[[0.5]]]];
  const reference = [[[[0.5]]], [[[0.4]]]];
  const results = await harness(psnr, { quantize: false }).reduce({ image, reference, by: [0, 1] });
  expect(results["psnr@0"]).toBe(100);
  expect(results["psnr@1"]).toBeCloseTo(20, 4);
  expect(results["psnr"]).toBeCloseTo(60, 4);
});
