import { describe, expect, test } from "@jest/globals";

import { philoxNormal } from "../../../src/core/philox.js";
import { tf } from "../../../src/core/tensor.js";
import type { NamedAttrMap, NamedTensorMap, Tensor } from "../../../src/core/tensor.js";
import { withNative } from "./with-native.js";

type Numbers = readonly (readonly number[])[];
type Case = readonly [kernel: string, shapes: Numbers, attrs?: Record<string, unknown>, edges?: readonly number[]];

const inputNames: Readonly<Record<string, readonly string[]>> = { BatchMatMul: ["a", "b"], Softmax: ["logits"] };
const binary = ["Add", "Sub", "Multiply", "RealDiv", "Maximum", "Minimum", "SquaredDifference"];
const edges = [0, -1, 1, NaN, Infinity, -Infinity, 1e-30, -1e-30, 88, -88, 0.624, 0.626, 30, -30];
const layouts: readonly Numbers[] = [
  [[3, 5, 7], [3, 5, 7]],
  [[3, 5, 7], []],
  [[], [13]],
  [[3, 5, 7], [7]],
  [[3, 1, 7], [3, 5, 7]],
  [[3, 5, 1], [3, 5, 7]],
  [[2, 1, 3, 1], [1, 5, 1, 4]],
  [[2, 3, 4, 5, 6], [2, 1, 4, 1, 6]],
]; // prettier-ignore
const unary = [
  "Exp",
  "Sqrt",
  "Rsqrt",
  "Square",
  "Neg",
  "Sigmoid",
  "Tanh",
  "Erf",
  "Relu",
  "Abs",
  "Sin",
  "Cos",
  "Reciprocal",
  "Log",
  "Sign",
  "Floor",
  "Round",
  "Softplus",
];

const cases: readonly Case[] = [
  ...unary.map((kernel): Case => [kernel, [[1009]]]),
  ...unary.filter((kernel) => !["Sin", "Cos"].includes(kernel)).map((kernel): Case => [kernel, [[edges.length]], {}, edges]),
  ...binary.flatMap((kernel) => layouts.map((shapes): Case => [kernel, shapes])),
  ...[[0], [1], [2], [0, 1], [1, 2], [0, 1, 2], [0, 2]].flatMap((axis) =>
    ["Sum", "Mean", "Max", "Min"].flatMap((kernel): Case[] => [
      [kernel, [[3, 5, 7]], { [kernel === "Max" ? "reductionIndices" : "axis"]: axis, keepDims: false }],
      [kernel, [[2, 67, 31]], { [kernel === "Max" ? "reductionIndices" : "axis"]: axis, keepDims: true }],
    ]),
  ),
  ["Sum", [[4, 1, 3, 1, 5]], { axis: [0, 2, 3] }],
  ["Sum", [[4, 1, 3, 1, 5]], { axis: [1, 3], keepDims: true }],
  ["Sum", [[1, 20011]], { axis: [1] }],
  ["Sum", [[20011, 3]], { axis: [0] }],
  ["Max", [[2, 5]], { reductionIndices: [1] }, [1, NaN, 3, 2, 5, -1, -2, -3, -4, -Infinity]],
  ["Softmax", [[5, 17]], { dim: 1 }],
  ["Softmax", [[2, 3]], { dim: 1 }, [1, NaN, 0, -Infinity, 0, 0]],
  ["BatchMatMul", [[2, 3, 5], [2, 5, 7]], { transposeA: false, transposeB: false }],
  ["BatchMatMul", [[1, 3, 5], [4, 7, 5]], { transposeA: false, transposeB: true }],
  ["BatchMatMul", [[4, 5, 3], [1, 5, 7]], { transposeA: true, transposeB: false }],
  ...[[1, 0, 2], [0, 2, 1], [2, 1, 0], [2, 0, 1]].map((perm): Case => ["Transpose", [[5, 37, 41]], { perm }]),
  ["Transpose", [[2, 3, 4, 5]], { perm: [0, 2, 1, 3] }],
  ["Slice", [[4, 5, 6]], { begin: [1, 0, 2], size: [2, 5, 3] }],
  ["Slice", [[4, 5, 6]], { begin: [1, 2, 0], size: [-1, 3, -1] }],
  ["SplitV", [[3, 12]], { numOrSizeSplits: [2, 3, 7], axis: 1 }],
  ["SplitV", [[6, 5]], { numOrSizeSplits: [2, 2, 2], axis: 0 }],
  ["Concat", [[2, 3, 5], [2, 4, 5], [2, 1, 5]], { axis: 1 }],
  ["Concat", [[2, 3], [2, 5]], { axis: 1 }],
  ["Tile", [[2, 3, 4]], { reps: [2, 1, 3] }],
  ["PadV2", [[2, 3]], { paddings: [[1, 2], [0, 3]], constantValue: -1 }],
  ["AddN", [[3, 5], [3, 5], [3, 5]]],
  ["Cast", [[9]], { dtype: "int32" }, [1.9, -1.9, 0, 5, -7.5, 2e9, 0.99, -0.5, 123]],
]; // prettier-ignore

/** Tensors are numbered by their place, so both backends get the same numbers. */
function inputsOf([kernel, shapes, , values]: Case): NamedTensorMap {
  const list = shapes.map((shape, i) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const numbers = values ? Float32Array.from(values) : philoxNormal([1, 2], i, 0, size);
    const positive =
      kernel === "Sqrt" || kernel === "Rsqrt" || kernel === "Log" ? numbers.map((v) => (values ? v : Math.abs(v))) : numbers;
    return tf.tensor(positive, [...shape], "float32");
  });
  if (kernel === "Concat" || kernel === "AddN") return list as unknown as NamedTensorMap;
  const names = inputNames[kernel] ?? (list.length === 2 ? ["a", "b"] : ["x"]);
  return Object.fromEntries(names.map((name, i) => [name, list[i] as Tensor]));
}

function run(backend: string, one: Case): { shape: readonly number[]; values: number[] }[] {
  tf.setBackend(backend);
  return tf.tidy(() => {
    const out: Tensor | Tensor[] = tf.engine().runKernel(one[0], inputsOf(one), (one[2] ?? {}) as NamedAttrMap);
    return [out].flat().map((tensor) => ({ shape: tensor.shape, values: [...tensor.dataSync()] }));
  });
}

/** Equal up to rounding; sums of `count` normal numbers are of the size of its root. */
function close(got: number, wanted: number, count: number): boolean {
  if (Object.is(got, wanted) || got === wanted) return true;
  return Math.abs(got - wanted) <= 2e-6 * Math.sqrt(count) * (1 + Math.abs(wanted));
}

/** How many numbers one result of a sum takes in. */
function countOf([kernel, [shape = []], attrs]: Case): number {
  if (kernel !== "Sum") return 1;
  return (attrs?.["axis"] as number[]).reduce((count, axis) => count * (shape[axis] ?? 1), 1);
}

withNative((addon) => {
  describe.each(addon.isas())("kernels on %s equal tfjs's", (isa) => {
    test.each(cases.map((one) => [`${one[0]} ${JSON.stringify(one.slice(1, 3))}`, one] as const))("%s", (_name, one) => {
      addon.setIsa(isa);
      const got = run("native", one);
      const wanted = run("cpu", one);
      expect(got.map(({ shape }) => shape)).toEqual(wanted.map(({ shape }) => shape));
      got.forEach(({ values }, i) => {
        const bad = values.findIndex((value, place) => !close(value, wanted[i]?.values[place] ?? NaN, countOf(one)));
        expect({ place: bad, got: values[bad], wanted: wanted[i]?.values[bad] }).toEqual({
          place: -1,
          got: undefined,
          wanted: undefined,
        });
      });
    });
  });

  test("a tensor keeps its numbers when the array that it came from changes", () => {
    tf.setBackend("native");
    const array = Float32Array.of(1, 2);
    const tensor = tf.tensor1d(array);
    array[0] = 9;
    expect([...tensor.dataSync()]).toEqual([1, 2]);
    tensor.dispose();
  });

  test("what was read stays when its tensor's memory is used again", () => {
    tf.setBackend("native");
    const tensor = tf.tidy(() => tf.add(tf.ones([64]), 1));
    const read = tensor.dataSync();
    tensor.dispose();
    tf.tidy(() => tf.add(tf.ones([64]), 6).dataSync());
    expect([...read]).toEqual(new Array(64).fill(2));
  });

  test("a gather outside the table names the index and the range", () => {
    tf.setBackend("native");
    expect(() => tf.gather(tf.ones([3, 2]), tf.tensor1d([0, 3], "int32"))).toThrow(/index value 3 is not in \[0, 2\].*place 1/);
  });
});
