import { expect, test } from "@jest/globals";
import { fileURLToPath } from "node:url";
import type { HostArray } from "../../../src/core/tensor.js";
import { permute } from "../../../src/nodes/files/permute.js";
import { readSafetensors } from "../../../src/nodes/files/safetensors.js";
import { ssim } from "../../../src/nodes/metric/ssim.js";
import { harness } from "../../../src/runtime/testing/harness.js";
import { golden } from "../../support/golden.js";
import { fill } from "./fill.js";

const flat = (value: number): HostArray => ({
  dtype: "f32",
  shape: [1, 12, 13, 2],
  data: new Float32Array(12 * 13 * 2).fill(value),
});
const reduce = async (image: HostArray, reference: HostArray, border = "inside"): Promise<number> =>
  (await harness(ssim, { quantize: false, border }).reduce({ image, reference }))["ssim"] ?? NaN;

test("of flat images it is the comparison of their means", async () => {
  // Variances are 0: (2xy + c1) / (x² + y² + c1) with c1 = 1e-4.
  expect(await reduce(flat(0.5), flat(0.25))).toBeCloseTo((2 * 0.125 + 1e-4) / (0.25 + 0.0625 + 1e-4), 6);
  expect(await reduce(flat(0.3), flat(0.3))).toBe(1);
});

test("golden values of the reference implementation", async () => {
  const file = fileURLToPath(new URL("../../fixtures/metrics/io.safetensors", import.meta.url));
  const io = await readSafetensors(file);
  const row = (key: string, i: number): HostArray => {
    const { shape, data } = io.get(key) as HostArray;
    const size = data.length / (shape[0] ?? 1);
    return permute({ dtype: "f32", shape: [1, ...shape.slice(1)], data: data.slice(i * size, (i + 1) * size) }, [0, 2, 3, 1]);
  };
  for (const [i, wanted] of [...(io.get("ssim")?.data ?? [])].entries())
    expect(await reduce(row("a", i), row("b", i))).toBeCloseTo(wanted, 5);

  const { ssim_per_image: small } = golden["metrics_16"] as { ssim_per_image: { data: number[] } };
  const a = fill("met.a", 2 * 768, 1).map((value) => (value + 1) / 2);
  const noise = fill("met.b", 2 * 768, 1);
  const b = a.map((value, i) => Math.min(Math.max(value + 0.1 * (noise[i] ?? 0), 0), 1));
  const image = (data: Float32Array, i: number): HostArray =>
    permute({ dtype: "f32", shape: [1, 3, 16, 16], data: data.slice(768 * i, 768 * (i + 1)) }, [0, 2, 3, 1]);
  for (const [i, wanted] of small.data.entries())
    expect(await reduce(image(a, i), image(b, i), "reflect")).toBeCloseTo(wanted, 6);
});

test("refuses images without a whole window", () => {
  expect(() => ssim.dims?.({ quantize: true }, { H: 10, W: 32 })).toThrow("images of 10x32 hold no window of 11x11");
});
