import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { referenceBackend } from "../../../src/backends/reference/index.js";
import type { Device } from "../../../src/core/define-backend.js";
import { philoxNormal } from "../../../src/core/philox.js";
import { prepareTensors } from "../../../src/core/prepare.js";
import type { HostArray } from "../../../src/core/tensor.js";
import { readSafetensors, writeSafetensors } from "../../../src/nodes/files/safetensors.js";
import { fid } from "../../../src/nodes/metric/fid.js";
import { frechetDistance } from "../../../src/nodes/metric/frechet.js";
import { inceptionScore } from "../../../src/nodes/metric/inception-score.js";
import { kid } from "../../../src/nodes/metric/kid.js";
import { precisionRecall } from "../../../src/nodes/metric/precision-recall.js";
import { readStatistics } from "../../../src/nodes/metric/statistics-file.js";
import { featureStatistics } from "../../../src/nodes/out/feature-statistics.js";
import { harness } from "../../../src/runtime/testing/harness.js";
import { tempFolder } from "../files/temp-folder.js";

const io = await readSafetensors(fileURLToPath(new URL("../../fixtures/metrics/io.safetensors", import.meta.url)));
const get = (key: string): HostArray => io.get(key) as HostArray;
const numbers = (shape: readonly number[], place: number): HostArray => ({
  dtype: "f32",
  shape,
  data: philoxNormal([3, 4], place, 0, shape.reduce((a, b) => a * b, 1)), // prettier-ignore
});
const at = tempFolder();
let device: Device;
beforeAll(async () => {
  await prepareTensors();
  device = await referenceBackend.open({ precision: "fp32" });
});
afterAll(() => device.close());

describe("the golden features of the reference", () => {
  test("FID to 1e-6, of rank-deficient covariances too", async () => {
    const of = async (real: string, fake: string): Promise<number> =>
      (await harness(fid, { extractor: "x" }).reduce({ real: get(real), fake: get(fake) }))["frechet_x"] ?? NaN;
    expect(Math.abs((await of("a_features", "b_features")) / 78.36375786215467 - 1)).toBeLessThan(1e-6);
    expect(Math.abs((await of("a_small", "b_small")) / 20.616633314226295 - 1)).toBeLessThan(1e-6);
  });

  test("Inception Score over one split", async () => {
    const result = await harness(inceptionScore, { extractor: "x" }).reduce({ logits: get("logits") });
    expect(Math.abs((result["inception_score_x"] ?? NaN) / 3.8213860988616943 - 1)).toBeLessThan(1e-6);
  });

  test("precision and recall with 3 neighbours", async () => {
    const batch = { real: get("a_features"), fake: get("b_features") };
    expect(await harness(precisionRecall, { extractor: "x" }).reduce(batch)).toEqual({
      precision_x: expect.closeTo(0.26222222222222225, 10),
      recall_x: expect.closeTo(0.1925, 10),
    });
  });
});

test("a covariance of low rank is as far from its multiple as from each direction's own", async () => {
  // Σ₁ = V·diag(s)·Vᵀ with 3 of 60 directions, Σ₂ = 4·Σ₁: Tr(Σ₁ + Σ₂ − 2√(Σ₁Σ₂)) = (1 + 4 − 4)·Tr(Σ₁).
  const [n, rank] = [60, 3];
  const { data } = numbers([rank, n], 1);
  const covariance = (scale: number): Float64Array =>
    Float64Array.from({ length: n * n }, (_, k) => {
      const [i, j] = [Math.floor(k / n), k % n];
      return [1, 10, 1e-3].reduce((sum, s, r) => sum + scale * s * (data[r * n + i] ?? 0) * (data[r * n + j] ?? 0), 0);
    });
  const mean = new Float64Array(n);
  const [one, four] = [covariance(1), covariance(4)];
  const trace = mean.reduce((sum, _value, i) => sum + (one[i * n + i] ?? 0), 0);
  expect((await frechetDistance({ mean, covariance: one }, { mean, covariance: four })) / trace).toBeCloseTo(1, 7);
  expect(await frechetDistance({ mean, covariance: one }, { mean, covariance: one })).toBeLessThan(1e-9 * trace);
});

test("KID is the unbiased discrepancy of the cubic kernel", async () => {
  const [n, size] = [7, 3];
  const [real, fake] = [numbers([n, size], 5), numbers([n, size], 6)];
  const kernel = (x: HostArray, i: number, y: HostArray, j: number): number =>
    (Array.from({ length: size }, (_, k) => (x.data[i * size + k] ?? 0) * (y.data[j * size + k] ?? 0)).reduce(
      (a, b) => a + b,
      0,
    ) /
      size +
      1) **
    3;
  const pairs = Array.from({ length: n * n }, (_, k) => [Math.floor(k / n), k % n] as const);
  const mean = (x: HostArray, y: HostArray, all: boolean): number => {
    const used = pairs.filter(([i, j]) => all || i !== j);
    return used.reduce((sum, [i, j]) => sum + kernel(x, i, y, j), 0) / used.length;
  };
  const expected = mean(real, real, false) + mean(fake, fake, false) - 2 * mean(real, fake, true);
  const result = await harness(kid, { extractor: "x", subsets: 3 }).reduce({ real, fake });
  // Each subset is the whole set in another order.
  expect(result).toEqual({ kid_x: expect.closeTo(expected, 6), kid_std_x: expect.closeTo(0, 6) });
  const subset = await harness(kid, { extractor: "x", subsets: 20, subset_size: 4 }).reduce({ real, fake });
  expect(subset["kid_std_x"]).toBeGreaterThan(0);
});

test("the Inception Score of equal images is 1, of K certain and equally frequent classes K; splits are meant", async () => {
  const node = harness(inceptionScore, { extractor: "x", split: 4 });
  const certain = (...classes: number[]): number[][] => classes.map((k) => [0, 1, 2, 3].map((i) => (i === k ? 50 : 0)));
  expect(await node.reduce({ logits: certain(1, 1, 1) })).toEqual({
    inception_score_x: expect.closeTo(1, 9),
    inception_score_std_x: 0,
  });
  // Splits 0 1 2 3 and 0 0 1 1, the last image added to the second: 4, and the 3 classes of 0 0 1 1 3.
  const entropy = -(2 * 0.4 * Math.log(0.4) + 0.2 * Math.log(0.2));
  const result = await node.reduce({ logits: certain(0, 1, 2) }, { logits: certain(3, 0, 0, 1, 1, 3) });
  expect(result["inception_score_x"]).toBeCloseTo((4 + Math.exp(entropy)) / 2, 9);
});

describe("statistics in a file", () => {
  test("go to .npz and give the same distance as the features", async () => {
    const file = at("stats.npz");
    await harness(featureStatistics, { file }).sink({ features: get("a_features") });
    const { mean, covariance } = await readStatistics(file);
    expect([mean.length, covariance.length]).toEqual([24, 576]);
    const fake = get("b_features");
    const direct = await harness(fid, { extractor: "x" }).reduce({ real: get("a_features"), fake });
    expect(await harness(fid, { extractor: "x", statistics: file }).reduce({ fake })).toEqual(direct);
    await expect(harness(fid, { extractor: "x", statistics: file }).reduce({ real: fake, fake })).rejects.toThrow(
      "give one of them",
    );
    await expect(harness(fid, { extractor: "x" }).reduce({ fake })).rejects.toThrow("give one of them");
    await expect(harness(fid, { extractor: "x", statistics: file }).reduce({ fake: numbers([30, 5], 1) })).rejects.toThrow(
      "has 24 features, the generated images have 5",
    );
  });

  test("as numpy writes them, plain or compressed, are read; other files are refused", async () => {
    const folder = fileURLToPath(new URL("../../fixtures/metrics/", import.meta.url));
    for (const name of ["numpy.npz", "numpy-compressed.npz"]) {
      const { mean, covariance } = await readStatistics(`${folder}${name}`);
      expect([[...mean], [...covariance]]).toEqual([[1, 2], [3, 0.5, 0.5, 4]]); // prettier-ignore
    }
    await writeSafetensors(at("other.npz"), new Map());
    await expect(readStatistics(at("other.npz"))).rejects.toThrow(/other.npz: is no whole .npz archive/);
    expect(readFileSync(`${folder}numpy.npz`).length).toBeLessThan(1000);
  });
});

describe("names of results", () => {
  const batch = { real: numbers([4, 2], 1), fake: numbers([4, 2], 2) };
  const origin = (type: string, sha256: string) => ({ node: "n", type, file: "f", sha256 });
  const names = async (params: object, ...origins: ReturnType<typeof origin>[]): Promise<string[]> =>
    Object.keys(await harness(fid, { ...params }, { origins }).reduce(batch));
  test("have the hash of the extractor's weights", async () => {
    const inception = origin("encoder.inception_v3", "6726825d0af5f729");
    expect(await names({}, inception)).toEqual(["fid_6726825d"]);
    expect(await names({}, inception, inception)).toEqual(["fid_6726825d"]);
    expect(await names({}, origin("encoder.dinov2", "0123456789"))).toEqual(["frechet_dinov2_01234567"]);
    expect(await names({ extractor: "mine" }, origin("encoder.dinov2", "0123456789"))).toEqual(["frechet_mine"]);
    await expect(names({})).rejects.toThrow("name it with the param extractor");
    await expect(names({}, inception, origin("encoder.inception_v3", "ffff0000ffff"))).rejects.toThrow(
      "encoder.inception_v3 6726825d and encoder.inception_v3 ffff0000 cannot be compared",
    );
  });
});
