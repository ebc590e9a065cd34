import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import type { CudaBackend } from "../../../src/backends/cuda/cuda-backend.js";
import { cudaBackend } from "../../../src/backends/cuda/index.js";
import type { Device } from "../../../src/core/define-backend.js";
import { philoxNormal, philoxWords } from "../../../src/core/philox.js";
import { tf } from "../../../src/core/tensor.js";
import type { NamedAttrMap, NamedTensorMap, Tensor } from "../../../src/core/tensor.js";
import { baseCases } from "../native/base-cases.js";
import type { KernelCase, KernelInput } from "../native/base-cases.js";
import { missing, useEmulator } from "./emulator.js";

const specials = [0, -0, 1, -1, 2, NaN, Infinity, -Infinity, 0.5, -3, 88, -88, 1e-30];

const of = (...shape: number[]): KernelInput => ({ shape });
const one = (kernel: string, attrs: KernelCase["attrs"], ...inputs: KernelInput[]): KernelCase => ({
  kernel,
  inputs: Object.fromEntries(
    inputs.map((input, i) => [(kernel === "Softmax" ? ["logits"] : inputs.length > 1 ? ["a", "b"] : ["x"])[i] ?? "", input]),
  ),
  attrs,
  terms: 40,
});

/** Kernels of native's first list, on sizes that no tile divides. */
const moreCases: readonly KernelCase[] = [
  ...["Exp", "Log", "Sqrt", "Rsqrt", "Square", "Neg", "Sigmoid", "Tanh", "Erf", "Relu", "Abs", "Sin", "Cos", "Reciprocal"].map((kernel) =>
    one(kernel, {}, of(3, 67)),
  ),
  ...["Add", "Sub", "Multiply", "RealDiv", "Maximum", "Minimum", "SquaredDifference"].flatMap((kernel) => [
    one(kernel, {}, of(3, 1, 7), of(3, 5, 1)),
    one(kernel, {}, of(2, 101), of(2, 101)),
  ]),
  ...["Sum", "Mean"].flatMap((kernel) => [
    one(kernel, { axis: [0], keepDims: false }, of(300, 37)),
    one(kernel, { axis: [1], keepDims: true }, of(5, 9001)),
    one(kernel, { axis: [1], keepDims: false }, of(3, 130, 5)),
    one(kernel, { axis: [0, 1], keepDims: false }, of(17, 19)),
  ]),
  one("Max", { reductionIndices: [1], keepDims: false }, of(5, 70)),
  one("Min", { axis: [0], keepDims: false }, of(5, 70)),
  one("Softmax", { dim: -1 }, of(7, 300)),
  ...[false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) =>
      one("BatchMatMul", { transposeA, transposeB }, transposeA ? of(2, 33, 70) : of(2, 70, 33), transposeB ? of(2, 65, 33) : of(2, 33, 65)),
    ),
  ),
  one("Transpose", { perm: [2, 0, 1] }, of(3, 5, 8)),
  one("Slice", { begin: [1, 0], size: [2, 4] }, of(4, 8)),
  one("PadV2", { paddings: [[1, 2], [0, 3]], constantValue: 0.5 }, of(3, 5)),
  one("Tile", { reps: [2, 3] }, of(3, 5)),
  ...[[[5], [3, 1]], [[4, 3], [6, 2]], [[4, 3, 7], [2, 5, 1]], [[3, 4, 5, 6], [11, 3]], [[3, 4], [2]]].flatMap(([shape = [], places = []]) =>
    [of(...shape), { ...of(...shape), kind: "index" as const, below: 99 }].map((params): KernelCase => ({
      kernel: "GatherNd",
      inputs: { params, indices: { shape: places, kind: "index", below: Math.min(...shape) } },
      attrs: {},
    })),
  ),
  ...([
    [[2, 5, 7, 3], [11, 13]],
    [[1, 9, 9, 4], [3, 4]],
    [[1, 1, 1, 1], [4, 2]],
    [[2, 6, 6, 17], [6, 1]],
    [[1, 3, 4, 2], [12, 8]],
  ] as const).flatMap(([x, size]) =>
    [[false, false], [true, false], [false, true]].flatMap(([alignCorners, halfPixelCenters]): KernelCase[] => {
      const attrs = { size, alignCorners, halfPixelCenters };
      const dy = of(x[0], ...size, x[3]);
      const forward = { kernel: "ResizeNearestNeighbor", inputs: { images: of(...x) }, attrs };
      // tfjs's gradient reads the wrong place in all images but the first, and for a single pixel with its corners aligned it never ends.
      if (x[0] > 1 || (x[1] === 1 && alignCorners)) return [forward];
      return [forward, { kernel: "ResizeNearestNeighborGrad", inputs: { images: of(...x), dy }, attrs, terms: 16 }];
    }),
  ),
]; // prettier-ignore

function tensorOf({ shape, kind = "normal", below = 2 }: KernelInput, place: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const words = kind === "normal" ? [] : philoxWords([1, 2], place, 0, size).subarray(0, size);
  if (kind === "normal") return tf.tensor(philoxNormal([1, 2], place, 0, size), [...shape]);
  if (kind === "special") return tf.tensor(Float32Array.from(words, (word) => specials[word % specials.length] ?? 0), [...shape]);
  if (kind === "index") return tf.tensor(Int32Array.from(words, (word) => word % below), [...shape], "int32");
  return tf.tensor(Uint8Array.from(words, (word) => word % 2), [...shape], "bool");
} // prettier-ignore

function run(backend: string, { kernel, inputs, attrs }: KernelCase): Tensor[] {
  tf.setBackend(backend);
  const given = Array.isArray(inputs)
    ? (inputs as readonly KernelInput[]).map(tensorOf)
    : Object.fromEntries(Object.entries(inputs).map(([name, input], i) => [name, tensorOf(input as KernelInput, i)]));
  return [tf.engine().runKernel(kernel, given as NamedTensorMap, attrs as unknown as NamedAttrMap)].flat();
}

/** Shapes, types and numbers. */
function outcome(backend: string, given: KernelCase): { shape: number[]; dtype: string; values: ArrayLike<number> }[] {
  return tf.tidy(() =>
    run(backend, given).map((tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, values: tensor.dataSync() })),
  );
}

function firstFar(got: ArrayLike<number>, wanted: ArrayLike<number>, terms: number): string {
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i] as number, wanted[i] as number];
    if (a === b || (a !== a && b !== b) || Math.abs(a - b) <= 3e-6 * Math.sqrt(terms) * (1 + Math.abs(b))) continue;
    return `${a} at ${i}, not ${b}`;
  }
  return "equal";
}

const reason = missing();
/** Larger ones only repeat what small ones show, and take long here. */
const cases = [
  ...baseCases.filter(({ inputs }) =>
    Object.values(inputs).every(({ shape }: KernelInput) => shape.reduce((a, b) => a * b, 1) < 20000),
  ),
  ...moreCases,
];

describe("tfjs's kernels on cuda, run as C++ on the host", () => {
  if (reason !== undefined) {
    test.skip(`not tested: ${reason}`, () => undefined);
    return;
  }
  useEmulator();
  let device: Device;
  beforeAll(async () => {
    device = await cudaBackend.open({ precision: "fp32" });
  });
  afterAll(() => device.close());

  const onDevice = new Set<string>();
  test.each(cases.map((given) => [`${given.kernel} ${JSON.stringify([given.inputs, given.attrs])}`, given] as const))(
    "as tfjs: %s",
    (_name, given) => {
      const wanted = outcome("cpu", given);
      tf.setBackend("cuda");
      const onHost = (tf.backend() as unknown as CudaBackend).onHost as Set<string>;
      onHost.clear();
      const got = outcome("cuda", given);
      if (onHost.size === 0) onDevice.add(given.kernel);
      expect(got.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(wanted.map(({ shape, dtype }) => ({ shape, dtype })));
      got.forEach(({ values }, i) => expect(firstFar(values, wanted[i]?.values ?? [], given.terms ?? 1)).toBe("equal"));
    },
  );

  test("the nearest pixel's gradient goes back where the pixel came from, in every image", () => {
    tf.setBackend("cuda");
    for (const [alignCorners, size] of [
      [false, [11, 13]],
      [true, [3, 4]],
      [true, [1, 9]],
    ] as const) {
      const [x, dy] = [tensorOf(of(2, 5, 7, 3), 0), tensorOf(of(2, ...size, 3), 1)];
      const attrs = { size: [...size], alignCorners, halfPixelCenters: false };
      const y = tf.engine().runKernel("ResizeNearestNeighbor", { images: x }, attrs) as Tensor;
      const dx = tf.engine().runKernel("ResizeNearestNeighborGrad", { images: x, dy }, attrs) as Tensor;
      const dot = (a: Tensor, b: Tensor): number => tf.tidy(() => tf.sum(tf.mul(a, b)).dataSync()[0] ?? NaN);
      expect(dot(dx, x)).toBeCloseTo(dot(dy, y), 3);
      tf.dispose([x, dy, y, dx]);
    }
  });

  test("an axis of one operand alone is summed away before the product, which tfjs's own einsum cannot", () => {
    tf.setBackend("cuda");
    tf.tidy(() => {
      const [a, b] = [tensorOf(of(2, 3, 5), 0), tensorOf(of(4, 5, 6), 1)];
      const values = tf.einsum("aib,jbc->ijc", a, b).dataSync();
      const wanted = tf.einsum("ib,jbc->ijc", tf.sum(a, 0), b).dataSync();
      expect(firstFar(values, wanted, 10)).toBe("equal");
    });
  });

  test("each of them runs on the device; only some shapes are left to the host", () => {
    expect([...onDevice].sort()).toEqual([...new Set(cases.map(({ kernel }) => kernel))].sort());
  });
});
