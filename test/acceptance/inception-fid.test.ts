import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { HostArray } from "../../src/core/tensor.js";
import { inceptionV3 } from "../../src/nodes/encoder/inception-v3.js";
import { packWriter } from "../../src/nodes/files/npz/pack-writer.js";
import { readSafetensors, writeSafetensors } from "../../src/nodes/files/safetensors.js";
import { fill } from "../nodes/metric/fill.js";
import { filled } from "../nodes/metric/filled.js";
import { bundled } from "./bundled-graph.js";
import type { Bundled } from "./bundled-graph.js";
import { readMetrics } from "./metrics.js";

const [count, side, features] = [4, 48, 2048];

const graph = `name: inception
nodes:
  real: { type: data.sample_pack, params: { file: real.npz, batch: 2 } }
  fake: { type: data.sample_pack, params: { file: fake.npz, batch: 2 } }
  of_real: { type: encoder.inception_v3, params: { weights: inception.safetensors }, in: { image: real.image } }
  of_fake: { type: encoder.inception_v3, params: { weights: inception.safetensors }, in: { image: fake.image } }
  statistics: { type: out.feature_statistics, params: { file: real-statistics.npz }, in: { features: of_real.features } }
  real_file: { type: out.tensor_file, params: { file: real.safetensors, key: features }, in: { tensor: of_real.features } }
  fake_file: { type: out.tensor_file, params: { file: fake.safetensors, key: features }, in: { tensor: of_fake.features } }
  fid: { type: metric.fid, in: { real: of_real.features, fake: of_fake.features } }
  stored: { type: metric.fid, params: { statistics: real-statistics.npz }, in: { fake: of_fake.features } }
phases:
  direct: { run: [fid, statistics, real_file, fake_file] }
  again: { run: [stored], after: direct }
`;

let folder = "";
let shipped: Bundled;
let hash = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "inception-"));
  shipped = await bundled("inception-fid");
  const weights = join(folder, "inception.safetensors");
  await writeSafetensors(weights, filled(inceptionV3, {}));
  hash = createHash("sha256").update(await readFile(weights)).digest("hex").slice(0, 8); // prettier-ignore
  for (const [name, scale] of [
    ["real", 0.5],
    ["fake", 0.3],
  ] as const) {
    // prettier-ignore
    const pack = await packWriter(join(folder, `${name}.npz`), [side, side, 3]);
    const pixels = fill(name, count * side * side * 3, scale, 0.5);
    await pack.add(
      Uint8Array.from(pixels, (value) => 255 * value),
      count,
    );
    await pack.finish();
  }
  await writeFile(join(folder, "inception.yaml"), graph);
}, 240_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The Fréchet distance of a few vectors, from the products of their deviations: their singular values are those of a matrix [count,count]. */
function distanceOfFew(real: HostArray, fake: HostArray): number {
  const rows = ({ data }: HostArray): number[][] =>
    Array.from({ length: count }, (_, i) => Array.from(data.subarray(i * features, (i + 1) * features)));
  const mean = (of: number[][]): number[] =>
    (of[0] ?? []).map((_, j) => of.reduce((sum, row) => sum + (row[j] ?? NaN), 0) / count);
  const [means, sides] = [[real, fake].map((side) => mean(rows(side))), [rows(real), rows(fake)]];
  const [a = [], b = []] = sides.map((of, k) => of.map((row) => row.map((value, j) => value - (means[k]?.[j] ?? NaN))));
  const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, value, i) => sum + value * (y[i] ?? NaN), 0);
  const products = a.map((x) => b.map((y) => dot(x, y) / (count - 1)));
  const trace = [...a, ...b].reduce((sum, x) => sum + dot(x, x), 0) / (count - 1);
  const [first = [], second = []] = means;
  const way = first.reduce((sum, value, j) => sum + (value - (second[j] ?? NaN)) ** 2, 0);
  return way + trace - 2 * singularValues(products).reduce((sum, value) => sum + value, 0);
}

/** One-sided Jacobi rotations: the lengths of the rows once they are orthogonal to each other. */
function singularValues(matrix: readonly (readonly number[])[]): number[] {
  const rows = matrix.map((row) => [...row]);
  const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, value, i) => sum + value * (y[i] ?? NaN), 0);
  for (let sweep = 0; sweep < 30; sweep++)
    rows.forEach((x, p) =>
      rows.slice(p + 1).forEach((y) => {
        const angle = Math.atan2(2 * dot(x, y), dot(x, x) - dot(y, y)) / 2;
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        x.forEach((value, i) => {
          const other = y[i] ?? NaN;
          x[i] = c * value + s * other;
          y[i] = c * other - s * value;
        });
      }),
    );
  return rows.map((row) => Math.sqrt(dot(row, row)));
}

test("the FID through the command has the weights' hash in its name, and the value of these features", async () => {
  const run = join(folder, "run");
  const { code, stdout, stderr } = await shipped.graph(folder, "run", "inception.yaml", "--run-dir", run);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  const name = `fid_${hash}`;
  expect(hash).toMatch(/^[0-9a-f]{8}$/);
  expect(stdout + stderr).toContain(name);
  expect(stdout + stderr).toContain(`4 images for ${features} features: too few`);
  const found = (await readMetrics(run)).filter((line) => line.name.includes("/fid_"));
  expect(found.map(({ phase, node, name: of }) => [phase, node, of])).toEqual([
    ["direct", "fid", `direct/${name}`],
    ["again", "stored", `again/${name}`],
  ]);
  const [real, fake] = await Promise.all(
    ["real", "fake"].map(async (side) => (await readSafetensors(join(folder, `${side}.safetensors`))).get("features")),
  );
  if (!real || !fake) throw new Error("the features were not written");
  const wanted = distanceOfFew(real, fake);
  expect(wanted).toBeGreaterThan(0);
  for (const { value } of found) expect(Math.abs(value / wanted - 1)).toBeLessThan(1e-6);
}, 240_000);
