import { afterAll, beforeAll, expect, test } from "@jest/globals";

import { webgpuBackend } from "../../../src/backends/webgpu/index.js";
import type { Device } from "../../../src/core/define-backend.js";
import { attention } from "../../../src/core/ops/attention.js";
import { layerNorm } from "../../../src/core/ops/layer-norm.js";
import { linear } from "../../../src/core/ops/linear.js";
import { rotaryTables } from "../../../src/core/ops/rotary.js";
import { philoxNormal } from "../../../src/core/philox.js";
import { tf } from "../../../src/core/tensor.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { withWebGpu } from "./with-webgpu.js";

/** Sizes that fill several tiles, workgroups and chunks, and do not end with them. */
withWebGpu("kernels of webgpu beyond one workgroup", () => {
  let device: Device;
  beforeAll(async () => {
    device = await webgpuBackend.open({ precision: "fp32" });
    // The tiles and parts of a GPU, also where a processor plays it.
    Reflect.set(tf.backend(), "software", false);
  });
  afterAll(() => device.close());

  const draw = (stream: number, ...shape: number[]): Tensor =>
    tf.tensor(philoxNormal([1, 2], stream, 0, shape.reduce((a, b) => a * b, 1)), shape); // prettier-ignore

  test.each([
    ["plain", 70, 66, 40, false, false],
    ["second factor turned", 65, 68, 36, false, true],
    ["both turned, odd sizes", 33, 67, 21, true, true],
    ["a long inner axis, in parts", 5, 6, 1000, false, true],
    ["first factor turned, in parts", 8, 4, 600, true, false],
  ] as const)("product: %s", async (_name, M, N, K, turnA, turnB) => {
    const a = draw(1, ...(turnA ? [K, M] : [M, K]));
    const b = draw(2, ...(turnB ? [N, K] : [K, N]));
    const c = tf.tidy(() => tf.matMul(a as never, b as never, turnA, turnB) as Tensor);
    const [x, y, z] = await Promise.all([a.data(), b.data(), c.data()]);
    const at = (row: number, column: number): number => {
      let sum = 0;
      for (let k = 0; k < K; k++)
        sum += (x[turnA ? k * M + row : row * K + k] ?? NaN) * (y[turnB ? column * K + k : k * N + column] ?? NaN);
      return sum;
    };
    const worst = Float32Array.from(z).reduce(
      (max, value, i) => Math.max(max, Math.abs(value - at(Math.floor(i / N), i % N))),
      0,
    );
    expect(worst).toBeLessThan(1e-5 * Math.sqrt(K) * 4);
    tf.dispose([a, b, c]);
  });

  test("large tiles give the same product as small ones", async () => {
    // 130 matrices fill enough workgroups for the tile of 128; one of them alone takes the tile of 64.
    const [a, b] = [draw(1, 130, 20, 8), draw(2, 130, 8, 12)];
    const all = tf.tidy(() => tf.matMul(a, b));
    const one = tf.tidy(() => tf.matMul(tf.slice(a, [129], [1]), tf.slice(b, [129], [1])));
    expect((await all.data()).slice(129 * 240)).toEqual(await one.data());
    tf.dispose([a, b, all, one]);
  });

  /** Value and gradients by our kernels, and by the expansion with its own gradients. */
  async function bothWays(
    op: (...given: Tensor[]) => Tensor,
    plain: (...given: Tensor[]) => Tensor,
    given: Tensor[],
  ): Promise<number> {
    const weighted = (y: Tensor): Tensor => tf.sum(tf.mul(y, tf.reshape(tf.sin(tf.range(0, y.size)), y.shape)));
    const run = (f: (...given: Tensor[]) => Tensor): Tensor[] =>
      tf.tidy(() => [f(...given), ...tf.grads((...x: Tensor[]) => weighted(f(...x)))(given)]);
    const [ours, theirs] = [run(op), run(plain)];
    const read = async (list: Tensor[]): Promise<number[]> =>
      (await Promise.all(list.map((t) => t.data()))).flatMap((d) => [...d]);
    const [x, y] = [await read(ours), await read(theirs)];
    tf.dispose([ours, theirs, given]);
    expect(x.length).toBe(y.length);
    return x.reduce((max, value, i) => Math.max(max, Math.abs(value - (y[i] ?? NaN)) / (1 + Math.abs(y[i] ?? 0))), 0);
  }

  test("a linear layer over 300 rows: products in parts, bias added up in chunks", async () => {
    const worst = await bothWays(
      (x, weight, bias) => linear({ x: x as Tensor, weight: weight as Tensor, bias }, { activation: "none" }),
      (x, weight, bias) => linear.def.expand({ x: x as Tensor, weight: weight as Tensor, bias }, { activation: "none" }),
      [draw(1, 3, 100, 12), draw(2, 7, 12), draw(3, 7)],
    );
    expect(worst).toBeLessThan(3e-5);
  });

  test("layer norm of rows wider than a workgroup, more rows than a chunk", async () => {
    const worst = await bothWays(
      (x, weight, bias) => layerNorm({ x: x as Tensor, weight, bias }, { epsilon: 1e-6 }),
      (x, weight, bias) => layerNorm.def.expand({ x: x as Tensor, weight, bias }, { epsilon: 1e-6 }),
      [draw(1, 270, 300), draw(2, 300), draw(3, 300)],
    );
    expect(worst).toBeLessThan(3e-5);
  });

  test("attention over more tokens than a tile, with positions", async () => {
    const tables = rotaryTables(16, 9);
    const [cos, sin] = [tf.tensor2d(tables.cos, [81, 16]), tf.tensor2d(tables.sin, [81, 16])];
    const worst = await bothWays(
      (qkv) => attention({ qkv: qkv as Tensor, cos, sin }, { heads: 2 }),
      (qkv) => attention.def.expand({ qkv: qkv as Tensor, cos, sin }, { heads: 2 }),
      [draw(1, 2, 81, 96)],
    );
    expect(worst).toBeLessThan(3e-5);
    tf.dispose([cos, sin]);
  });

  test("more tensors are added up than a device binds at once", async () => {
    const list = Array.from({ length: 40 }, (_, i) => tf.tensor1d([i, 1]));
    const sum = tf.addN(list);
    expect([...(await sum.data())]).toEqual([780, 40]);
    tf.dispose([...list, sum]);
  });

  test("half floats are refused where the adapter has none", async () => {
    const opened = webgpuBackend.open({ precision: "f16" });
    if (device.info.includes("f16")) await (await opened).close();
    else await expect(opened).rejects.toThrow(/no half floats \(shader-f16\); run with --precision fp32/);
  });

  test("numbers are read later only", () => {
    const x = draw(1, 4);
    const y = tf.tidy(() => tf.neg(x));
    expect(() => y.dataSync()).toThrow("use `await tensor.data()`");
    tf.dispose([x, y]);
  });

  test("a tensor too large for the device is refused with both sizes", () => {
    expect(() => tf.tidy(() => tf.fill([1 << 20, 1 << 10], 1))).toThrow(
      /takes 4294967296 bytes; this device binds at most \d+; make the batch/,
    );
  });
});
