import { expect, test } from "@jest/globals";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSafetensors, readSafetensorsHeader } from "../../../src/nodes/files/safetensors.js";
import { linearPath } from "../../../src/nodes/flow/linear-path.js";
import { velocityLoss } from "../../../src/nodes/flow/velocity-loss.js";
import { constant } from "../../../src/nodes/latent/constant.js";
import { denormalize } from "../../../src/nodes/latent/denormalize.js";
import { grid as gridNode } from "../../../src/nodes/latent/grid.js";
import { noise } from "../../../src/nodes/latent/noise.js";
import { normalize } from "../../../src/nodes/latent/normalize.js";
import { normalizeWith } from "../../../src/nodes/latent/normalize-with.js";
import { pool } from "../../../src/nodes/latent/pool.js";
import { latentStatistics } from "../../../src/nodes/latent/statistics.js";
import { tokens } from "../../../src/nodes/latent/tokens.js";
import { l1 } from "../../../src/nodes/loss/l1.js";
import type { Nested } from "../../../src/runtime/testing/arrays.js";
import { harness } from "../../../src/runtime/testing/harness.js";
import { runNode } from "../../../src/runtime/testing/run-node.js";

const weights = new Map([
  ["mean", { dtype: "f32" as const, shape: [2, 1, 1], data: Float32Array.of(1, -1) }],
  ["var", { dtype: "f32" as const, shape: [2, 1, 1], data: Float32Array.of(4, 0.25) }],
]);
const options = { weights, dims: { h: 1, w: 1, C: 2 } };
const z = [[[[3, 0]]], [[[1, -1]]]];

test("normalize subtracts the mean and divides by the deviation; denormalize takes it back", async () => {
  const given = { weights: "-", eps: 0 };
  const { z: normal } = await runNode(normalize, { z }, given, options);
  expect(normal).toEqual([[[[1, 2]]], [[[0, 0]]]]);
  const { z: back } = await runNode(denormalize, { z: normal ?? 0 }, given, options);
  expect(back).toEqual(z);
});

test("without its weights file normalize is refused", () => {
  expect(() => normalize.params.parse({})).toThrow(/weights/);
});

test("statistics are exact per element, population variance, channels first", async () => {
  const folder = await mkdtemp(join(tmpdir(), "raegraph-"));
  const file = join(folder, "stats.safetensors");
  const run = harness(latentStatistics, { file });
  const results = await run.reduce({ z: [[[[1, 5]]], [[[3, 5]]]] }, { z: [[[[5, 5]]]] });
  expect(results["images"]).toBe(3);
  const stored = await readSafetensors(file);
  expect(stored.get("mean")).toEqual({ dtype: "f32", shape: [2, 1, 1], data: Float32Array.of(3, 5) });
  expect(stored.get("var")?.data[0]).toBeCloseTo(8 / 3, 6);
  expect(stored.get("var")?.data[1]).toBe(0);
  await rm(folder, { recursive: true });
});

test("statistics of nothing are refused with the cure", async () => {
  await expect(harness(latentStatistics, { file: "unused" }).reduce()).rejects.toThrow("give its phase at least one step");
});

test("noise of strength tau is added in training only", async () => {
  const drawn = { noise: [[[[1]]]] };
  const one = [[[[2, 4]]]];
  expect((await runNode(noise, { z: one }, { tau: 0.5 }, { ...drawn, training: true }))["z"]).toEqual([[[[2.5, 4.5]]]]);
  expect((await runNode(noise, { z: one }, { tau: 0.5 }, drawn))["z"]).toEqual(one);
  await expect(runNode(noise, { z: one }, { tau: -1 })).rejects.toThrow(/tau/);
});

test("pool averages over positions", async () => {
  const { features } = await runNode(pool, {
    z: [
      [
        [
          [1, 2],
          [3, 6],
        ],
      ],
    ],
  });
  expect(features).toEqual([[2, 4]]);
});

test("the linear path walks each sample to its own time", async () => {
  const { x, velocity } = await runNode(
    linearPath,
    {
      data: [
        [2, 4],
        [2, 4],
      ],
      t: [0, 0.5],
    },
    {},
    {
      noise: [
        [0, 0],
        [0, 0],
      ],
    },
  );
  expect(x).toEqual([
    [2, 4],
    [1, 2],
  ]);
  expect(velocity).toEqual([
    [-2, -4],
    [-2, -4],
  ]);
});

test("losses are means over everything", async () => {
  expect((await runNode(velocityLoss, { prediction: [[1, 2]], target: [[0, 4]] }))["value"]).toBe(2.5);
  expect((await runNode(l1, { image: [[1, 2]], reference: [[0, 4]] }))["value"]).toBe(1.5);
});

test("the momentum estimator follows the reference: a tenth of each batch, from mean 0 and variance 1", async () => {
  const folder = await mkdtemp(join(tmpdir(), "raegraph-"));
  const file = join(folder, "stats.safetensors");
  const run = harness(latentStatistics, { file, estimator: "momentum" });
  await run.reduce({ z: [[[[1]]], [[[3]]]] }, { z: [[[[5]]], [[[5]]]] });
  const stored = await readSafetensors(file);
  expect(stored.get("mean")?.data[0]).toBeCloseTo(0.9 * 0.2 + 0.1 * 5, 6);
  expect(stored.get("var")?.data[0]).toBeCloseTo(0.9 * (0.9 + 0.1 * 1), 6);
  await rm(folder, { recursive: true });
});

test("the statistics' file says where they come from", async () => {
  const folder = await mkdtemp(join(tmpdir(), "raegraph-"));
  const file = join(folder, "stats.safetensors");
  const origins = [{ node: "encoder", type: "encoder.dinov2", file: "/e.safetensors", sha256: "ab" }];
  await harness(latentStatistics, { file }, { origins }).reduce({ z: [[[[1]]]] });
  const { metadata } = await readSafetensorsHeader(file);
  expect(metadata).toEqual({ images: "1", estimator: "welford-float64", origins: JSON.stringify(origins) });
  await rm(folder, { recursive: true });
});

test("statistics of a latent with NaN are refused with the sample", async () => {
  const run = harness(latentStatistics, { file: "unused" });
  await expect(run.reduce({ z: [[[[1]]], [[[NaN]]]] })).rejects.toThrow("sample 2 holds NaN; look at the encoder");
});

test("noise of a constant strength may be added always", async () => {
  const given = { tau: 0.5, distribution: "constant", always: true };
  expect((await runNode(noise, { z: [[[[2, 4]]]] }, given, { noise: [[[[1]]]] }))["z"]).toEqual([[[[2.5, 4.5]]]]);
});

test("noise may have a strength of each sample's own", async () => {
  const two = [[[[2]]], [[[2]]]];
  const draw = { noise: [[[[1]]], [[[1]]]] };
  expect((await runNode(noise, { z: two, strength: [0, 0.5] }, { tau: 0, always: true }, draw))["z"]).toEqual([
    [[[2]]],
    [[[2.5]]],
  ]);
  expect((await runNode(noise, { z: two, strength: [0, 0.5] }, {}, draw))["z"]).toEqual(two);
});

test("a constant latent is the same for every sample", async () => {
  const latent = new Map([["latent", { dtype: "f32" as const, shape: [1, 1, 2], data: Float32Array.of(3, 4) }]]);
  const given = { height: 1, width: 1, channels: 2 };
  const { z: out } = await runNode(constant, { like: [7, 8] }, given, { weights: latent, dims: { h: 1, w: 1, C: 2 } });
  expect(out).toEqual([[[[3, 4]]], [[[3, 4]]]]);
  await expect(runNode(constant, { like: [7] }, { height: 0, width: 1, channels: 2 })).rejects.toThrow(/height/);
});

test("noise before and after the normalisation has different scales", async () => {
  const given = { weights: "-", eps: 0 };
  const draw = { noise: [[[[1]]]], training: true };
  const noisy = async (latent: Nested): Promise<Nested> => (await runNode(noise, { z: latent }, { tau: 1 }, draw))["z"] ?? 0;
  const normal = async (latent: Nested): Promise<Nested> => (await runNode(normalize, { z: latent }, given, options))["z"] ?? 0;
  const one = [[[[3, 0]]]];
  expect(await normal(await noisy(one))).toEqual([[[[1.5, 4]]]]); // (3+1−1)/2, (0+1+1)/0.5
  expect(await noisy(await normal(one))).toEqual([[[[2, 3]]]]);
});

test("tokens list a grid row by row and grid lays them out again", async () => {
  const grid = [
    [
      [[1], [2]],
      [[3], [4]],
    ],
  ];
  const { tokens: listed } = await runNode(tokens, { z: grid });
  expect(listed).toEqual([[[1], [2], [3], [4]]]);
  expect((await runNode(gridNode, { tokens: listed ?? 0 }))["z"]).toEqual(grid);
  expect(() => gridNode.dims?.({}, { N: 5 })).toThrow("5 tokens make no square grid");
});

test("statistics may come along edges, and a mean may be absent", async () => {
  const statistics = { mean: [[[1]], [[-1]]], var: [[[4]], [[0.25]]] };
  const { z: normal } = await runNode(normalizeWith, { z, ...statistics }, { eps: 0 });
  expect(normal).toEqual([[[[1, 2]]], [[[0, 0]]]]);
  expect((await runNode(normalizeWith, { z: normal ?? 0, ...statistics }, { eps: 0, inverse: true }))["z"]).toEqual(z);
  expect((await runNode(normalizeWith, { z, var: statistics.var }, { eps: 0 }))["z"]).toEqual([[[[1.5, 0]]], [[[0.5, -2]]]]);
  expect(() => normalizeWith.params.parse({ eps: -1 })).toThrow(/eps/);
});
