import { describe, expect, test } from "@jest/globals";

import { runKernel } from "../../../src/core/define-op.js";
import { fusedOps } from "../../../src/core/ops/index.js";
import { rotaryTables } from "../../../src/core/ops/rotary.js";
import { philoxNormal } from "../../../src/core/philox.js";
import { tf } from "../../../src/core/tensor.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { withNative } from "./with-native.js";

interface Case {
  readonly kernel: string;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly attrs?: Readonly<Record<string, unknown>>;
}

/** Sizes that no vector width divides, and enough rows for several partial sums. */
const cases: readonly Case[] = [
  { kernel: "RmsNorm", shapes: { x: [3, 211, 67], weight: [67] }, attrs: { epsilon: 1e-6 } },
  { kernel: "LayerNorm", shapes: { x: [2, 5, 19] }, attrs: { epsilon: 1e-6 } },
  { kernel: "LayerNorm", shapes: { x: [3, 211, 67], weight: [67], bias: [67] }, attrs: { epsilon: 1e-5 } },
  { kernel: "Modulate", shapes: { x: [2, 7, 301], scale: [2, 1, 301], shift: [2, 1, 301] } },
  { kernel: "Modulate", shapes: { x: [2, 7, 301], scale: [2, 7, 301], shift: [2, 7, 301] } },
  { kernel: "Modulate", shapes: { x: [1, 1, 1], scale: [1, 1, 1] } },
  { kernel: "Gate", shapes: { x: [2, 7, 301], y: [2, 7, 301], gate: [2, 1, 301] } },
  { kernel: "Gate", shapes: { x: [3, 5, 17], y: [3, 5, 17], gate: [3, 5, 17] } },
  { kernel: "VelocityLoss", shapes: { prediction: [5, 61, 113], target: [5, 61, 113] } },
  { kernel: "Silu", shapes: { x: [17, 31] } },
  { kernel: "Gelu", shapes: { x: [17, 31] }, attrs: { form: "erf" } },
  { kernel: "Gelu", shapes: { x: [17, 31] }, attrs: { form: "tanh" } },
  { kernel: "Swiglu", shapes: { u: [5, 7, 38] } },
  { kernel: "Attention", shapes: { qkv: [2, 9, 3 * 24] }, attrs: { heads: 4 } },
  { kernel: "Attention", shapes: { qkv: [1, 1, 3] }, attrs: { heads: 1 } },
  { kernel: "Attention", shapes: { qkv: [2, 9, 3 * 24], cos: [9, 8], sin: [9, 8] }, attrs: { heads: 3 } },
  { kernel: "Attention", shapes: { qkv: [1, 484, 3 * 8], cos: [484, 8], sin: [484, 8] }, attrs: { heads: 1 } },
];

/** The tables are rotations; everything else is normal. */
function tensorOf(name: string, shape: readonly number[], place: number): Tensor {
  const [tokens = 1, width = 2] = shape;
  const size = shape.reduce((a, b) => a * b, 1);
  const grid = Math.sqrt(tokens);
  const values = name === "cos" || name === "sin" ? rotaryTables(width, grid)[name] : philoxNormal([5, 6], place, 0, size);
  return tf.tensor(values, [...shape]);
}

function error(got: Tensor, wanted: Tensor): number {
  expect(got.shape).toEqual(wanted.shape);
  const [a, b] = [Float32Array.from(got.dataSync()), Float32Array.from(wanted.dataSync())];
  const size = Math.sqrt(b.reduce((sum, v) => sum + v * v, 0) / Math.max(1, b.length)) + 1e-3;
  return a.reduce((max, v, i) => Math.max(max, Math.abs(v - (b[i] ?? NaN)) / size), 0);
}

withNative((addon) => {
  describe.each(addon.isas())("fused kernels on %s equal the op's own rules", (isa) => {
    test.each(cases.map((one) => [`${one.kernel} ${JSON.stringify(one.shapes)}`, one] as const))("%s", (_name, one) => {
      addon.setIsa(isa);
      const def = fusedOps.get(one.kernel);
      if (!def) throw new Error(`no op "${one.kernel}"`);
      const attrs = one.attrs ?? {};
      const before = tf.memory().numTensors;
      tf.tidy(() => {
        const given = Object.entries(one.shapes).map(([name, shape], i) => [name, tensorOf(name, shape, i)] as const);
        // The names come from the case, so the definition's own type is lost.
        const inputs = Object.fromEntries(given) as never;
        const wanted = def.expand(inputs, attrs as never);
        expect(error(runKernel<Tensor>(one.kernel, inputs, attrs), wanted)).toBeLessThan(1e-5);
        const dy = tensorOf("dy", wanted.shape, 9);
        const rules = def.grad(dy, inputs, attrs as never) as Record<string, () => Tensor>;
        const got = runKernel<Tensor[]>(`${one.kernel}Grad`, { dy, ...(inputs as Record<string, Tensor>) }, attrs);
        expect(got.length).toBe(given.length);
        given.forEach(([name], i) => expect(error(got[i] as Tensor, rules[name]?.() as Tensor)).toBeLessThan(2e-5));
      });
      expect(tf.memory().numTensors).toBe(before);
    });

    test("the same bits on 1, 2 and 7 threads", () => {
      addon.setIsa(isa);
      const bits = [1, 2, 7].map((threads) => {
        addon.setThreads(threads);
        return tf.tidy(() => {
          const inputs = { x: tensorOf("x", [3, 211, 67], 0), weight: tensorOf("weight", [67], 1) };
          const dy = tensorOf("dy", [3, 211, 67], 2);
          const norms = runKernel<Tensor[]>("RmsNormGrad", { dy, ...inputs }, { epsilon: 1e-6 });
          return [...norms, tf.sum(dy), tf.sum(dy, [0, 1])].map((tensor) => tensor.dataSync());
        });
      });
      addon.setThreads(2);
      expect(bits[1]).toEqual(bits[0]);
      expect(bits[2]).toEqual(bits[0]);
    });
  });

  test("a condition of another shape runs the op's expansion", () => {
    tf.tidy(() => {
      const [x, scale] = [tf.ones([2, 3, 4]), tf.fill([1, 1, 4], 2)];
      const y = runKernel<Tensor>("Modulate", { x, scale }, {});
      expect([...y.dataSync()]).toEqual(new Array(24).fill(3));
    });
  });
});
