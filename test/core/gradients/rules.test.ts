import { beforeAll, expect, test } from "@jest/globals";
import { referenceBackend } from "../../../src/backends/reference/index.js";
import { gradientRules } from "../../../src/core/gradients/register.js";
import { philoxNormal } from "../../../src/core/philox.js";
import { loadTensors, tf } from "../../../src/core/tensor.js";
import type { Tensor } from "../../../src/core/tensor.js";

type T4 = ReturnType<typeof tf.tensor4d>;

await loadTensors();

/** A function of one tensor of this shape that runs the kernel under test; `positive` keeps its numbers away from 0. */
interface RuleCase {
  readonly shape: readonly number[];
  readonly positive?: boolean;
  readonly f: (x: Tensor) => Tensor;
}

const other = (shape: readonly number[]): Tensor =>
  tf.add(tf.tensor(philoxNormal([5, 5], 0, 0, tf.util.sizeFromShape([...shape])), [...shape]), 3);
const unary = (f: (x: Tensor) => Tensor, positive = false): RuleCase => ({ shape: [2, 3], f, positive });
const pair = (f: (a: Tensor, b: Tensor) => Tensor): RuleCase => ({
  shape: [2, 1, 3],
  positive: true,
  f: (x) => tf.add(f(x, other([4, 3])), f(other([4, 3]), x)),
});

const cases: Readonly<Record<string, RuleCase>> = {
  Add: pair(tf.add),
  Sub: pair(tf.sub),
  Multiply: pair(tf.mul),
  RealDiv: pair(tf.div),
  Maximum: pair(tf.maximum),
  Minimum: pair(tf.minimum),
  SquaredDifference: pair(tf.squaredDifference),
  Pow: pair(tf.pow),
  AddN: unary((x) => tf.addN([x, tf.square(x), x])),
  Select: unary((x) => tf.where(tf.greater(other([2, 3]), 3), x, tf.square(x))),
  Abs: unary(tf.abs),
  Square: unary(tf.square),
  Log: unary(tf.log, true),
  Sin: unary(tf.sin),
  Cos: unary(tf.cos),
  Relu: unary(tf.relu),
  LeakyRelu: unary((x) => tf.leakyRelu(x, 0.3)),
  Erf: unary(tf.erf),
  Softplus: unary(tf.softplus),
  ClipByValue: unary((x) => tf.clipByValue(x, -0.5, 0.5)),
  Neg: unary(tf.neg),
  Exp: unary(tf.exp),
  Sqrt: unary(tf.sqrt, true),
  Rsqrt: unary(tf.rsqrt, true),
  Reciprocal: unary(tf.reciprocal, true),
  Sigmoid: unary(tf.sigmoid),
  Tanh: unary(tf.tanh),
  Elu: unary(tf.elu),
  Sign: unary(tf.sign),
  Floor: unary(tf.floor),
  Ceil: unary(tf.ceil),
  Round: unary(tf.round),
  Step: unary((x) => tf.step(x)),
  Reshape: unary((x) => tf.reshape(x, [3, 2])),
  ExpandDims: unary((x) => tf.expandDims(x, 1)),
  Identity: unary((x) => tf.clone(x)),
  Cast: unary((x) => tf.cast(x, "float32")),
  Transpose: { shape: [2, 3, 4], f: (x) => tf.transpose(x, [2, 0, 1]) },
  Concat: unary((x) => tf.concat([x, tf.square(x)], 1)),
  SplitV: { shape: [2, 5], f: (x) => tf.mul(tf.split(x, [2, 3], 1)[1] as Tensor, 2) },
  Slice: { shape: [3, 4], f: (x) => tf.slice(x, [1, 1], [2, -1]) },
  PadV2: unary((x) =>
    tf.pad(x, [
      [1, 0],
      [2, 1],
    ]),
  ),
  Tile: unary((x) => tf.tile(x, [2, 3])),
  Reverse: unary((x) => tf.reverse(x, [1])),
  Pack: unary((x) => tf.stack([x, tf.square(x)], 1)),
  Unpack: unary((x) => tf.mul(tf.unstack(x, 0)[1] as Tensor, 2)),
  GatherV2: { shape: [2, 4, 3], f: (x) => tf.gather(x, tf.tensor1d([1, 3, 1], "int32"), 1) },
  Sum: { shape: [2, 3, 4], f: (x) => tf.sum(x, [0, 2]) },
  Mean: { shape: [2, 3, 4], f: (x) => tf.mean(x, 1, true) },
  Max: { shape: [2, 3, 4], f: (x) => tf.max(x, -1) },
  Min: { shape: [2, 3, 4], f: (x) => tf.min(x, 1) },
  Softmax: unary((x) => tf.softmax(x)),
  LogSoftmax: unary((x) => tf.logSoftmax(x)),
  Cumsum: unary((x) => tf.cumsum(x, 1)),
  BatchMatMul: {
    shape: [1, 2, 3],
    f: (x) =>
      tf.addN([
        tf.sum(tf.matMul(x, other([4, 3, 5]))),
        tf.sum(tf.matMul(x, other([4, 5, 3]), false, true)),
        tf.sum(tf.matMul(x, other([4, 2, 5]), true)),
        tf.sum(tf.matMul(other([4, 5, 2]), x)),
        tf.sum(tf.matMul(other([4, 5, 3]), x, false, true)),
        tf.sum(tf.matMul(other([4, 3, 5]), x, true, true)),
      ]),
  },
  Conv2D: {
    shape: [3, 3, 2, 2],
    f: (x) =>
      tf.add(
        tf.sum(tf.conv2d(other([1, 5, 5, 2]) as T4, x as T4, 2, "same")),
        tf.sum(tf.conv2d(tf.reshape(x, [1, 6, 3, 2]) as T4, other([2, 2, 2, 3]) as T4, 1, "valid")),
      ),
  },
  ResizeBilinear: { shape: [1, 2, 3, 1], f: (x) => tf.image.resizeBilinear(x as T4, [3, 5]) },
  ResizeNearestNeighbor: { shape: [1, 2, 3, 1], f: (x) => tf.image.resizeNearestNeighbor(x as T4, [4, 6]) },
  AvgPool: { shape: [1, 4, 4, 2], f: (x) => tf.avgPool(x as T4, 2, 2, "valid") },
};

beforeAll(async () => {
  await referenceBackend.open({ precision: "fp32" });
});

test("every rule has a case", () => {
  expect(Object.keys(cases).sort()).toEqual(gradientRules.map(({ kernel: name }) => name).sort());
});

test.each(Object.entries(cases))("the gradient of %s equals finite differences", (_name, { shape, f, positive }) => {
  tf.tidy(() => {
    const drawn = philoxNormal([9, 1], 0, 0, tf.util.sizeFromShape([...shape]));
    const start = positive ? drawn.map((v) => Math.abs(v) + 0.7) : drawn;
    const loss = (x: Tensor): Tensor => {
      const y = f(x);
      return tf.sum(tf.mul(y, tf.tensor(philoxNormal([9, 2], 0, 0, y.size), y.shape)));
    };
    const pulls = tf
      .grad(loss)(tf.tensor(start, [...shape]))
      .dataSync();
    const step = 1e-2;
    const at = (i: number, by: number): number => {
      const moved = Float32Array.from(start);
      moved[i] = (start[i] ?? 0) + by;
      return loss(tf.tensor(moved, [...shape])).dataSync()[0] ?? NaN;
    };
    start.forEach((_, i) => {
      const slope = (at(i, step) - at(i, -step)) / (2 * step);
      expect(Math.abs((pulls[i] ?? NaN) - slope) / (1 + Math.abs(slope))).toBeLessThan(2e-2);
    });
  });
});
