import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { cudaBackend } from "../../../src/backends/cuda/index.js";
import { runKernel } from "../../../src/core/define-op.js";
import type { Device } from "../../../src/core/define-backend.js";
import { fusedOps } from "../../../src/core/ops/index.js";
import { rotaryTables } from "../../../src/core/ops/rotary.js";
import { philoxNormal } from "../../../src/core/philox.js";
import { tf } from "../../../src/core/tensor.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { opCases } from "../op-cases.js";
import { missing, useEmulator } from "./emulator.js";

interface Case {
  readonly kernel: string;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** Heads of each width that the kernels know, and of one between; tokens beyond one tile, and not a multiple of it. */
const attention = (heads: number, width: number, tokens: number, rotary: boolean): Case => ({
  kernel: "Attention",
  shapes: {
    qkv: [2, tokens, 3 * heads * width],
    ...(rotary ? { cos: [tokens, width], sin: [tokens, width] } : {}),
  },
  attrs: { heads },
});

const cases: readonly Case[] = [
  attention(2, 8, 9, true),
  attention(1, 64, 81, false),
  attention(1, 64, 100, true),
  attention(2, 72, 16, true),
  attention(1, 128, 64, true),
  attention(1, 6, 5, false),
  { kernel: "Linear", shapes: { x: [2, 9, 24], weight: [17, 24], bias: [17] }, attrs: { activation: "none" } },
  { kernel: "Swiglu", shapes: { u: [5, 7, 38] }, attrs: {} },
  { kernel: "Gelu", shapes: { x: [17, 31] }, attrs: { form: "tanh" } },
  { kernel: "RmsNorm", shapes: { x: [3, 70, 40], weight: [40] }, attrs: { epsilon: 1e-6 } },
  { kernel: "LayerNorm", shapes: { x: [3, 7, 41], weight: [41], bias: [41] }, attrs: { epsilon: 1e-6 } },
  { kernel: "Modulate", shapes: { x: [2, 19, 132], scale: [2, 1, 132], shift: [2, 1, 132] }, attrs: {} },
  { kernel: "Gate", shapes: { x: [2, 7, 33], y: [2, 7, 33], gate: [2, 7, 33] }, attrs: {} },
  { kernel: "VelocityLoss", shapes: { prediction: [5, 61, 13], target: [5, 61, 13] }, attrs: {} },
];

function tensorOf(name: string, shape: readonly number[], place: number): Tensor {
  const [tokens = 1, width = 2] = shape;
  const size = shape.reduce((a, b) => a * b, 1);
  const table = name === "cos" || name === "sin";
  const grid = Math.ceil(Math.sqrt(tokens));
  const values = table ? rotaryTables(width, grid)[name].subarray(0, size) : philoxNormal([5, 6], place, 0, size);
  return tf.tensor(values, [...shape]);
}

/** The root of the mean square of the difference, by that of what was wanted. */
function error(got: Float32Array, wanted: Float32Array): number {
  const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));
  return norm(got.map((value, i) => value - (wanted[i] ?? NaN))) / (norm(wanted) + 1e-6);
}

const reason = missing();

describe("cuda in bf16, its kernels run as C++ on the host", () => {
  if (reason !== undefined) {
    test.skip(`not tested: ${reason}`, () => undefined);
    return;
  }
  useEmulator();
  let device: Device;
  beforeAll(async () => {
    device = await cudaBackend.open({ precision: "bf16" });
  });
  afterAll(() => device.close());

  test("every fused op is among the cases, or keeps float32", () => {
    const covered = new Set([...cases.map(({ kernel }) => kernel), "Silu", "Embedding"]);
    expect(opCases.filter(({ kernel }) => !covered.has(kernel))).toEqual([]);
  });

  test.each(cases.map((one) => [`${one.kernel} ${JSON.stringify(one.shapes)}`, one] as const))(
    "%s: value and gradients are those of float32 but for rounding",
    async (_name, one) => {
      const def = fusedOps.get(one.kernel);
      if (!def) throw new Error(`no op "${one.kernel}"`);
      const names = Object.keys(one.shapes);
      const exact = (): Tensor[] => {
        const inputs = Object.fromEntries(names.map((name, i) => [name, tensorOf(name, one.shapes[name] ?? [], i)])) as never;
        const y = def.expand(inputs, one.attrs as never);
        const dy = tensorOf("dy", y.shape, 9);
        const rules = def.grad(dy, inputs, one.attrs as never) as Record<string, () => Tensor>;
        return [y, ...names.map((name) => rules[name]?.() as Tensor)];
      };
      const ours = (): Tensor[] => {
        const inputs = Object.fromEntries(names.map((name, i) => [name, tensorOf(name, one.shapes[name] ?? [], i)]));
        const y = runKernel<Tensor>(one.kernel, inputs, one.attrs);
        const dy = tensorOf("dy", y.shape, 9);
        return [y, ...runKernel<Tensor[]>(`${one.kernel}Grad`, { dy, ...inputs }, one.attrs)];
      };
      const before = device.memory().tensors;
      const got = tf.tidy(() => ours().map((tensor) => Float32Array.from(tensor.dataSync())));
      expect(device.memory().tensors).toBe(before);
      await tf.setBackend("cpu");
      const wanted = tf.tidy(() => exact().map((tensor) => Float32Array.from(tensor.dataSync())));
      await tf.setBackend("cuda");
      got.forEach((values, i) => {
        expect(values.length).toBe(wanted[i]?.length);
        expect(error(values, wanted[i] ?? values)).toBeLessThan(1.5e-2);
      });
    },
  );
});
