import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { builtinBackends } from "../../src/backends/index.js";
import type { Device } from "../../src/core/define-backend.js";

import { adamwStep } from "../../src/core/ops/adamw.js";
import { fusedOps } from "../../src/core/ops/index.js";
import { randomNormal, randomUniform } from "../../src/core/ops/random.js";
import { philoxNormal, philoxUniform, philoxWords } from "../../src/core/philox.js";
import { tf } from "../../src/core/tensor.js";
import type { Tensor, Variable } from "../../src/core/tensor.js";
import { opCases } from "./op-cases.js";
import type { InputCase, OpCase } from "./op-cases.js";

const key = [7, 42] as const;

/** Numbers that depend only on the place of the input in its case. */
function numbers(input: InputCase, place: number): Float32Array | Int32Array {
  const size = input.shape.reduce((a, b) => a * b, 1);
  if (input.values) return input.values;
  if (input.below === undefined) return philoxNormal(key, place, 0, size);
  return Int32Array.from(philoxWords(key, place, 0, size).subarray(0, size), (word) => word % (input.below ?? 1));
}

function tensors(opCase: OpCase): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(opCase.inputs).map(([name, input], i) => [
      name,
      tf.tensor(numbers(input, i), [...input.shape], input.below === undefined ? "float32" : "int32"),
    ]),
  );
}

/** The op applied by its public function, gradients by those of `loss = sum(y · pattern)`. */
async function valueAndGradients(opCase: OpCase, apply: (inputs: Record<string, Tensor>) => Tensor): Promise<Float32Array[]> {
  const inputs = tensors(opCase);
  const pattern = (y: Tensor): Tensor => tf.tensor(philoxNormal(key, 99, 0, y.size), y.shape);
  const wrt = opCase.wrt.map((name) => inputs[name] as Tensor);
  const y = tf.tidy(() => apply(inputs));
  const pulls = tf.grads((...given: Tensor[]) => {
    const replaced = { ...inputs, ...Object.fromEntries(opCase.wrt.map((name, i) => [name, given[i] as Tensor])) };
    const out = apply(replaced);
    return tf.sum(tf.mul(out, pattern(out)));
  })(wrt);
  const arrays = [y, ...pulls].map(async (tensor) => Float32Array.from(await tensor.data()));
  const all = await Promise.all(arrays);
  tf.dispose([y, pulls, inputs]);
  return all;
}

function closeTo(got: Float32Array, wanted: Float32Array, tolerance: number): void {
  expect(got.length).toBe(wanted.length);
  const worst = got.reduce(
    (max, value, i) => Math.max(max, Math.abs(value - (wanted[i] ?? NaN)) / (1 + Math.abs(wanted[i] ?? 0))),
    0,
  );
  expect(worst).toBeLessThan(tolerance);
}

async function open(id: string): Promise<Device> {
  const backend = builtinBackends.find((candidate) => candidate.id === id);
  if (!backend) throw new Error(`no backend "${id}"`);
  return backend.open({ precision: "fp32" });
}

/** What every backend must do: each fused op, its gradient, random numbers, the optimizer, memory, the same bits twice. */
export function conformance(id: string): void {
  let device: Device;
  beforeAll(async () => {
    device = await open(id);
  });
  afterAll(() => device.close());

  test("every fused op has a case", () => {
    expect([...new Set(opCases.map(({ kernel }) => kernel))].sort()).toEqual([...fusedOps.keys()].sort());
  });

  describe.each(opCases.map((opCase) => [`${opCase.kernel}: ${opCase.name}`, opCase] as const))("%s", (_name, opCase) => {
    const def = fusedOps.get(opCase.kernel);
    if (!def) throw new Error(`no op "${opCase.kernel}"`);
    const viaOp = async (): Promise<Float32Array[]> => {
      const { defineOp } = await import("../../src/core/define-op.js");
      const op = defineOp(def);
      return valueAndGradients(opCase, (inputs) => op(inputs, opCase.attrs));
    };

    test("value and gradient equal the expansion and its automatic gradient", async () => {
      const got = await viaOp();
      const wanted = await valueAndGradients(opCase, (inputs) => def.expand(inputs, opCase.attrs));
      got.forEach((array, i) => closeTo(array, wanted[i] ?? new Float32Array(), 2e-5));
    });

    test("the gradient equals finite differences", async () => {
      const pulls = (await viaOp()).slice(1);
      for (const [i, name] of opCase.wrt.entries()) {
        const slopes = await finiteDifferences(opCase, def, name);
        closeTo(Float32Array.from(slopes), pulls[i]?.subarray(0, slopes.length) ?? new Float32Array(), 2e-2);
      }
    });

    test("the same bits twice", async () => {
      expect(await viaOp()).toEqual(await viaOp());
    });
  });

  test("random numbers are the generator's own", async () => {
    const draw = { key, stream: 5, step: () => 3, shape: [3, 7] };
    const [uniform, normal] = [randomUniform(draw), randomNormal(draw)];
    expect(Float32Array.from(await uniform.data())).toEqual(philoxUniform(key, 5, 3, 21));
    closeTo(Float32Array.from(await normal.data()), philoxNormal(key, 5, 3, 21), 2e-6);
    tf.dispose([uniform, normal]);
  });

  test("three AdamW steps with decay, clipping and averages equal PyTorch's arithmetic", async () => {
    const parameters = [tf.variable(tf.tensor1d([1, -2])), tf.variable(tf.tensor1d([0.5]))];
    const zeros = (): typeof parameters => parameters.map((p) => tf.variable(tf.zerosLike(p)));
    const [first, second] = [zeros(), zeros()];
    const average = parameters.map((p) => tf.variable(tf.add(p, 0)));
    const expected = { p: [1, -2, 0.5], m: [0, 0, 0], v: [0, 0, 0], a: [1, -2, 0.5] };
    for (let step = 1; step <= 3; step++) {
      const gradients = [tf.tensor1d([3, 4 * step]), tf.tensor1d([-12])];
      const settings = { lr: 0.1, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, step, clip: 1, averageDecay: 0.5 };
      const norm = adamwStep({ parameters, gradients, first, second, average }, () => settings);
      const g = [3, 4 * step, -12];
      const size = Math.hypot(...g);
      expect((await norm.data())[0]).toBeCloseTo(size, 4);
      g.forEach((pull, i) => {
        const clipped = pull / (size + 1e-6);
        const m = (expected.m[i] = 0.9 * (expected.m[i] ?? 0) + 0.1 * clipped);
        const v = (expected.v[i] = 0.95 * (expected.v[i] ?? 0) + 0.05 * clipped ** 2);
        const root = Math.sqrt(v) / Math.sqrt(1 - 0.95 ** step) + 1e-8;
        expected.p[i] = (expected.p[i] ?? 0) * (1 - 0.1 * 0.01) - (0.1 / (1 - 0.9 ** step)) * (m / root);
        expected.a[i] = 0.5 * (expected.a[i] ?? 0) + 0.5 * (expected.p[i] ?? 0);
      });
      tf.dispose([norm, ...gradients]);
    }
    const read = async (list: Tensor[]): Promise<number[]> =>
      (await Promise.all(list.map((t) => t.data()))).flatMap((d) => [...d]);
    closeTo(Float32Array.from(await read(parameters)), Float32Array.from(expected.p), 1e-6);
    closeTo(Float32Array.from(await read(average)), Float32Array.from(expected.a), 1e-6);
    closeTo(Float32Array.from(await read(second)), Float32Array.from(expected.v), 1e-6);
    tf.dispose([parameters, first, second, average]);
  });

  test("a product uses a factor as AdamW has just left it", async () => {
    const [w, first, second] = [0.5, 0, 0].map((value) => tf.variable(tf.fill([3, 2], value))) as [Variable, Variable, Variable];
    const x = tf.tensor2d([1, 2, 3], [1, 3]);
    const product = async (): Promise<number[]> => {
      const y = tf.matMul(x, w as ReturnType<typeof tf.tensor2d>);
      const values = [...(await y.data())];
      y.dispose();
      return values;
    };
    expect(await product()).toEqual([3, 3]);
    const gradient = tf.tensor2d([1, -1, 1, -1, 1, -1], [3, 2]);
    const settings = { lr: 0.25, beta1: 0, beta2: 0, epsilon: 0, weightDecay: 0, step: 1, clip: 0, averageDecay: 0 };
    // Against the sign of the gradient by the rate: 0.25 and 0.75.
    adamwStep({ parameters: [w], gradients: [gradient], first: [first], second: [second] }, () => settings).dispose();
    closeTo(Float32Array.from(await product()), Float32Array.from([1.5, 4.5]), 1e-6);
    tf.dispose([w, first, second, x, gradient]);
  });

  test.each([NaN, Infinity, -Infinity])("an AdamW step with a gradient of %d changes nothing and says so", async (pull) => {
    const [parameter, first, second, average] = [1, 2, 3, 4].map((value) => tf.variable(tf.tensor1d([value, -value]))) as [
      Variable,
      Variable,
      Variable,
      Variable,
    ];
    const gradient = tf.tensor1d([0.5, pull]);
    const settings = { lr: 0.1, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, step: 1, clip: 1, averageDecay: 0.5 };
    const norm = adamwStep(
      { parameters: [parameter], gradients: [gradient], first: [first], second: [second], average: [average] },
      () => settings,
    );
    expect(Number.isFinite((await norm.data())[0])).toBe(false);
    for (const [i, variable] of [parameter, first, second, average].entries())
      expect([...(await variable.data())]).toEqual([i + 1, -i - 1]);
    tf.dispose([norm, gradient, parameter, first, second, average]);
  });

  test("a gather's gradient adds up repeated rows, and a filter's gradient meets every tap", async () => {
    const rows = tf.tidy(() => tf.grad((x) => tf.sum(tf.gather(x, tf.tensor1d([2, 0, 2], "int32"))))(tf.ones([3, 2])));
    expect([...(await rows.data())]).toEqual([1, 1, 0, 0, 2, 2]);
    const image = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
    const filter = tf.grad((f) => tf.sum(tf.conv2d(image, f as ReturnType<typeof tf.tensor4d>, 1, "valid")))(
      tf.ones([2, 2, 1, 1]),
    );
    expect([...(await filter.data())]).toEqual([12, 16, 24, 28]);
    tf.dispose([rows, image, filter]);
  });

  test("sines and cosines are those of single precision, small and large", async () => {
    const angles = Float32Array.from({ length: 600 }, (_, i) => (i - 300) * (i % 3 === 0 ? 0.011 : 3.7));
    const [sin, cos] = tf.tidy(() => [tf.sin(tf.tensor1d(angles)), tf.cos(tf.tensor1d(angles))] as const);
    const worst = (got: ArrayLike<number>, of: (x: number) => number): number =>
      angles.reduce((max, x, i) => Math.max(max, Math.abs((got[i] ?? NaN) - of(x))), 0);
    expect(worst(await sin.data(), Math.sin)).toBeLessThan(5e-7);
    expect(worst(await cos.data(), Math.cos)).toBeLessThan(5e-7);
    tf.dispose([sin, cos]);
  });

  test("integers and truths become the floats that products take", async () => {
    const product = tf.tidy(() => {
      const ids = tf.tensor2d([3, 0, 2, 1], [2, 2], "int32");
      const [numbers, mask] = [tf.cast(ids, "float32"), tf.cast(tf.greater(ids, 1), "float32")];
      return tf.matMul(mask, numbers);
    });
    expect([...(await product.data())]).toEqual([3, 0, 3, 0]);
    product.dispose();
  });

  test("nothing is left in memory", async () => {
    const before = device.memory().tensors;
    for (const opCase of opCases) {
      const def = fusedOps.get(opCase.kernel);
      if (def) await valueAndGradients(opCase, (inputs) => def.expand(inputs, opCase.attrs));
    }
    expect(device.memory().tensors).toBe(before);
  });
}

/** Central differences of `sum(y · pattern)` by the first few numbers of one input. */
async function finiteDifferences(
  opCase: OpCase,
  def: { expand: (inputs: never, attrs: never) => Tensor },
  name: string,
): Promise<number[]> {
  const inputs = tensors(opCase);
  const start = Float32Array.from((await inputs[name]?.data()) ?? []);
  const step = 1e-2;
  const loss = async (i: number, by: number): Promise<number> => {
    const moved = start.slice();
    moved[i] = (start[i] ?? 0) + by;
    const value = tf.tidy(() => {
      const changed = { ...inputs, [name]: tf.tensor(moved, inputs[name]?.shape) };
      const y = def.expand(changed as never, opCase.attrs as never);
      return tf.sum(tf.mul(y, tf.tensor(philoxNormal(key, 99, 0, y.size), y.shape)));
    });
    const number = (await value.data())[0] ?? NaN;
    value.dispose();
    return number;
  };
  const slopes: number[] = [];
  for (let i = 0; i < Math.min(4, start.length); i++) slopes.push(((await loss(i, step)) - (await loss(i, -step))) / (2 * step));
  tf.dispose(inputs);
  return slopes;
}
