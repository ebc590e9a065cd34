import { describe, expect, test } from "@jest/globals";
import { fileURLToPath } from "node:url";
import type { HostArray } from "../../../src/core/tensor.js";
import { readSafetensors } from "../../../src/nodes/files/safetensors.js";
import { fid } from "../../../src/nodes/metric/fid.js";
import { frechetDistance } from "../../../src/nodes/metric/frechet.js";
import { harness } from "../../../src/runtime/testing/harness.js";
import { fill } from "./fill.js";

const rows = (data: Float32Array, size: number): HostArray => ({ dtype: "f32", shape: [data.length / size, size], data });

test("in one dimension it is (μ₁ − μ₂)² + (σ₁ − σ₂)²", async () => {
  // real: mean 1, unbiased variance 4 from {-1, 1, 3}; fake: mean 4, variance 1 from {3, 4, 5}
  const batch = { real: [[-1], [1], [3]], fake: [[3], [4], [5]] };
  const result = await harness(fid, { extractor: "line" }).reduce(batch);
  expect(result).toEqual({ frechet_line: expect.closeTo(9 + 1, 10) });
});

test("equal sets are at distance zero, however batches are cut", async () => {
  const node = harness(fid, { extractor: "x" });
  const parts = [
    { real: [[0, 1], [2, 5]], fake: [[3, 2]] }, // prettier-ignore
    { real: [[3, 2]], fake: [[0, 1], [2, 5]] }, // prettier-ignore
  ];
  expect((await node.reduce(...parts))["frechet_x"]).toBeCloseTo(0, 10);
});

test("golden value of the reference implementation, 4 features", async () => {
  const batch = { real: rows(fill("fid.a", 160, 1), 4), fake: rows(fill("fid.b", 200, 1.3, 0.2), 4) };
  expect((await harness(fid, { extractor: "x" }).reduce(batch))["frechet_x"]).toBeCloseTo(0.3205637703577178, 7);
});

test("golden value for fewer images than features, with a warning", async () => {
  const file = fileURLToPath(new URL("../../fixtures/metrics/small-features.safetensors", import.meta.url));
  const features = await readSafetensors(file); // 16 and 18 vectors of 24 features
  const node = harness(fid, { extractor: "x" });
  const [real, fake] = [features.get("a_small"), features.get("b_small")];
  if (!real || !fake) throw new Error("the fixture lacks its arrays");
  expect((await node.reduce({ real, fake }))["frechet_x"]).toBeCloseTo(20.616633314226295, 6);
  expect(node.logged).toEqual(["warn: 16 images for 24 features: too few for an unbiased distance, compare only equal counts"]);
});

test("covariances of rank one in different directions keep their whole traces", async () => {
  // Σ₁ = diag(4, 0) and Σ₂ = diag(0, 9): the product's root is zero.
  const gaussian = (...covariance: number[]) => ({ mean: new Float64Array(2), covariance: Float64Array.from(covariance) });
  expect(await frechetDistance(gaussian(4, 0, 0, 0), gaussian(0, 0, 0, 9))).toBeCloseTo(13, 10);
});

test("a large common offset costs no digits", async () => {
  const shift = (data: Float32Array): HostArray =>
    rows(
      data.map((value) => Math.fround(Math.round(value * 64) / 64 + 4096)),
      4,
    );
  const plain = (data: Float32Array): HostArray =>
    rows(
      data.map((value) => Math.round(value * 64) / 64),
      4,
    );
  const [a, b] = [fill("a", 160, 1), fill("b", 160, 2)];
  const near = await harness(fid, { extractor: "x" }).reduce({ real: plain(a), fake: plain(b) });
  const far = await harness(fid, { extractor: "x" }).reduce({ real: shift(a), fake: shift(b) });
  expect(far["frechet_x"]).toBeCloseTo(near["frechet_x"] ?? NaN, 9);
});

test("only Inception's features give a FID", async () => {
  const batch = { real: [[0], [1]], fake: [[0], [1]] };
  expect(Object.keys(await harness(fid, { extractor: "inception" }).reduce(batch))).toEqual(["fid"]);
  expect(Object.keys(await harness(fid, { extractor: "vit-mae" }).reduce(batch))).toEqual(["frechet_vit-mae"]);
});

describe("refusals", () => {
  test("too few images", async () => {
    await expect(harness(fid, { extractor: "x" }).reduce({ real: [[1]], fake: [[1]] })).rejects.toThrow(
      "the real features: a covariance needs at least 2 vectors, got 1; give the phase more steps",
    );
  });
  test("features that are no numbers", async () => {
    const batch = { real: [[1, 2], [3, 4]], fake: [[1, 2], [3, NaN]] }; // prettier-ignore
    await expect(harness(fid, { extractor: "x" }).reduce(batch)).rejects.toThrow(
      "the fake features hold NaN in vector 2, feature 1",
    );
  });
  test("no extractor", async () => {
    await expect(harness(fid).reduce({ real: [[1], [2]], fake: [[1], [2]] })).rejects.toThrow("name it with the param extractor");
  });
});
