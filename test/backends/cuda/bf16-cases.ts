import { expect } from "@jest/globals";

import type { Device } from "../../../src/core/define-backend.js";
import { runKernel } from "../../../src/core/define-op.js";
import { fusedOps } from "../../../src/core/ops/index.js";
import { rotaryTables } from "../../../src/core/ops/rotary.js";
import { philoxNormal } from "../../../src/core/philox.js";
import { tf } from "../../../src/core/tensor.js";
import type { Tensor } from "../../../src/core/tensor.js";

/** A fused op with the shapes of its inputs. */
export interface Case {
  readonly kernel: string;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

export const attentionCase = (heads: number, width: number, tokens: number, rotary: boolean): Case => ({
  kernel: "Attention",
  shapes: {
    qkv: [2, tokens, 3 * heads * width],
    ...(rotary ? { cos: [tokens, width], sin: [tokens, width] } : {}),
  },
  attrs: { heads },
});

export const nameOf = ({ kernel, shapes }: Case): string => `${kernel} ${JSON.stringify(shapes)}`;

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

/** Expects an op's value and gradients on the backend `cuda` to be those of float32 but for the rounding of bf16. */
export async function expectFloat32(device: Device, one: Case): Promise<void> {
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
}
