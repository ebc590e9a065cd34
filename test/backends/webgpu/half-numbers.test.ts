import { afterAll, beforeAll, expect, test } from "@jest/globals";

import type { WebGpuBackend } from "../../../src/backends/webgpu/backend.js";
import { webgpuBackend } from "../../../src/backends/webgpu/index.js";
import { matrixGemmShader } from "../../../src/backends/webgpu/kernels/gemm-matrix-shader.js";
import type { Device } from "../../../src/core/define-backend.js";
import { attention } from "../../../src/core/ops/attention.js";
import { linear } from "../../../src/core/ops/linear.js";
import { rotaryTables } from "../../../src/core/ops/rotary.js";
import { philoxNormal } from "../../../src/core/philox.js";
import { tf } from "../../../src/core/tensor.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { emulateHalf } from "./emulate-half.js";
import { withWebGpu } from "./with-webgpu.js";

const draw = (stream: number, ...shape: number[]): Tensor =>
  tf.tensor(philoxNormal([1, 2], stream, 0, shape.reduce((a, b) => a * b, 1)), shape); // prettier-ignore

/** Value and gradients of the weighted sum of `f`, the weights being of size `pull`. */
async function differentiate(f: (...given: Tensor[]) => Tensor, pull: number, given: readonly Tensor[]): Promise<number[][]> {
  const weighted = (y: Tensor): Tensor => tf.sum(tf.mul(y, tf.reshape(tf.mul(tf.sin(tf.range(1, y.size + 1)), pull), y.shape)));
  const made = tf.tidy(() => [f(...given), ...tf.grads((...x: Tensor[]) => weighted(f(...x)))([...given])]);
  const read = await Promise.all(made.map(async (tensor) => [...(await tensor.data())]));
  tf.dispose(made);
  return read;
}

/** The largest difference of each array, over the root mean square of the second. */
function differences(ours: readonly (readonly number[])[], theirs: readonly (readonly number[])[]): number[] {
  return theirs.map((wanted, n) => {
    const scale = Math.sqrt(wanted.reduce((sum, x) => sum + x * x, 0) / wanted.length);
    return wanted.reduce((most, x, i) => Math.max(most, Math.abs(x - (ours[n]?.[i] ?? NaN))), 0) / scale;
  });
}

/** Half floats keep eleven bits: 5e-4 of a number, averaged over a sum. */
const close = 6e-3;

withWebGpu("half floats, emulated", () => {
  let device: Device;
  beforeAll(async () => {
    device = await webgpuBackend.open({ precision: "fp32" });
  });
  afterAll(() => device.close());

  test("a linear layer, with gradients below the range of half floats", async () => {
    const given = [draw(1, 2, 35, 20), draw(2, 37, 20), draw(3, 37)];
    const attrs = { activation: "none" } as const;
    const layer = (x?: Tensor, weight?: Tensor, bias?: Tensor): Tensor =>
      linear({ x: x as Tensor, weight: weight as Tensor, bias }, attrs);
    const wanted = await differentiate(layer, 1, given);
    const backend = tf.backend() as WebGpuBackend;
    const { run } = backend;
    emulateHalf(backend);
    try {
      for (const pull of [1, 1e-9]) {
        const found = await differentiate(layer, pull, given);
        const [value, ...pulls] = differences(
          found,
          wanted.map((list, i) => (i === 0 ? list : list.map((x) => x * pull))),
        );
        expect(value).toBeLessThan(close);
        // It is computed in half floats, not in single ones.
        expect(value).toBeGreaterThan(1e-5);
        for (const difference of pulls) expect(difference).toBeLessThan(close);
      }
    } finally {
      Object.assign(backend, { run, precision: "fp32" });
      tf.dispose(given);
    }
  });

  test("a product by matrix units: several tiles and steps, edges, bias, a scaled first factor", async () => {
    const [M, N, K] = [67, 70, 41];
    const backend = tf.backend() as WebGpuBackend;
    const [a, b, bias, scale] = [tf.mul(draw(1, K, M), 1e-9), draw(2, N, K), tf.mul(draw(3, N), 1e-8), tf.scalar(2 ** 30)];
    const form = { turnA: true, turnB: true, wideA: false, wideB: false, scaled: true, bias: true, activation: "none" };
    // Small tiles: a processor compiles workgroup memory number by number.
    const unit = { M: 8, N: 8, K: 8, lanes: 4 };
    const shader = matrixGemmShader({ ...form, unit, block: 16, step: 16 });
    const wanted = tf.tidy(() => tf.add(tf.matMul(a as never, b as never, true, true), bias));
    const c = tf.tidy(() => tf.variable(tf.zeros([M, N])));
    const { run } = backend;
    emulateHalf(backend);
    try {
      const groups = [Math.ceil(N / 32), Math.ceil(M / 32), 1] as const;
      backend.run(shader, { reads: [a, b, bias, scale], writes: [c], numbers: [M, N, K, 0, 0, K, 0], groups });
      const [found, expected] = [await c.data(), await wanted.data()];
      const [difference] = differences([[...found]], [[...expected]]);
      expect(difference).toBeLessThan(close);
      expect(difference).toBeGreaterThan(1e-5);
    } finally {
      Object.assign(backend, { run, precision: "fp32" });
      tf.dispose([a, b, bias, scale, wanted, c]);
    }
  });

  test("attention with its gradient", async () => {
    const tables = rotaryTables(8, 5);
    const [cos, sin] = [tf.tensor2d(tables.cos, [25, 8]), tf.tensor2d(tables.sin, [25, 8])];
    const given = [draw(1, 2, 25, 48)];
    const attend = (qkv?: Tensor): Tensor => attention({ qkv: qkv as Tensor, cos, sin }, { heads: 2 });
    const wanted = await differentiate(attend, 1e-9, given);
    const backend = tf.backend() as WebGpuBackend;
    const { run } = backend;
    emulateHalf(backend);
    try {
      const [value, pull] = differences(await differentiate(attend, 1e-9, given), wanted);
      expect(value).toBeLessThan(close);
      expect(value).toBeGreaterThan(1e-5);
      expect(pull).toBeLessThan(close);
    } finally {
      Object.assign(backend, { run, precision: "fp32" });
      tf.dispose([...given, cos, sin]);
    }
  });
});
