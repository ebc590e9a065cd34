import { beforeAll, expect, test } from "@jest/globals";
import { differentiate } from "../../src/core/backward.js";
import { defineOp } from "../../src/core/define-op.js";
import { prepareTensors } from "../../src/core/prepare.js";
import { tf } from "../../src/core/tensor.js";
import type { Tensor, Variable } from "../../src/core/tensor.js";
import { referenceBackend } from "../../src/backends/reference/index.js";

beforeAll(async () => {
  await prepareTensors();
  await referenceBackend.open({ precision: "fp32" });
});

function gradientsOf(forward: (a: Variable, b: Variable) => Tensor): (number[] | undefined)[] {
  return tf.tidy(() => {
    const [a, b] = [tf.variable(tf.tensor1d([1, 2, 3])), tf.variable(tf.tensor1d([4, 5, 6]))];
    const { gradients } = differentiate(() => forward(a, b), [a, b]);
    const arrays = gradients.map((gradient) => gradient && [...gradient.dataSync()]);
    a.dispose();
    b.dispose();
    return arrays;
  });
}

test("gives the gradient by each variable", () => {
  expect(gradientsOf((a, b) => tf.sum(tf.mul(a, b)))).toEqual([
    [4, 5, 6],
    [1, 2, 3],
  ]);
});

test("adds what a variable gets on several ways", () => {
  // a·a + a + b: 2a + 1, where the sum hands the same pull to both of its sides.
  expect(gradientsOf((a, b) => tf.sum(tf.add(tf.add(tf.mul(a, a), a), b)))).toEqual([
    [3, 5, 7],
    [1, 1, 1],
  ]);
});

test("gives no gradient where a variable takes no part", () => {
  expect(gradientsOf((a) => tf.sum(tf.square(a)))).toEqual([[2, 4, 6], undefined]);
});

test("leaves no tensor behind, whether it ends well or not", () => {
  const [a, b] = [tf.variable(tf.tensor1d([1, 2])), tf.variable(tf.tensor1d([3, 4]))];
  const before = tf.memory().numTensors;
  const { value, gradients } = differentiate(() => tf.sum(tf.mul(tf.exp(a), tf.exp(b))), [a, b]);
  expect(tf.memory().numTensors).toBe(before + 3);
  tf.dispose([value, ...gradients.map((gradient) => gradient as Tensor)]);
  const fail = (): Tensor => {
    tf.exp(a);
    throw new Error("no");
  };
  expect(() => differentiate(fail, [a])).toThrow("no");
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose([a, b]);
});

test("holds one layer's gradients at a time", () => {
  const twice = defineOp({
    kernel: "TestTwice",
    inputs: ["x"],
    expand: ({ x }) => tf.mul(x, 2),
    grad: (dy) => ({ x: () => tf.mul(dy, 2) }),
  });
  const a = tf.variable(tf.ones([1000]));
  const peakOf = (depth: number): number => {
    let peak = 0;
    const watched = defineOp({
      kernel: "TestWatched",
      inputs: ["x"],
      expand: ({ x }) => tf.clone(x),
      grad: (dy) => ({
        x: () => {
          peak = Math.max(peak, tf.memory().numBytes);
          return tf.clone(dy);
        },
      }),
    });
    tf.tidy(() => {
      let layers = (): Tensor => watched({ x: a }, {});
      for (let i = 0; i < depth; i++) {
        const inner = layers;
        layers = () => twice({ x: inner() }, {});
      }
      differentiate(() => tf.sum(layers()), [a]);
    });
    return peak;
  };
  const few = peakOf(4);
  expect(peakOf(40) - few).toBeLessThan(4000);
  a.dispose();
});

test("refuses an op without a gradient, by its name", () => {
  expect(() => gradientsOf((a) => tf.sum(tf.cast(tf.greater(a, 1), "float32")))).toThrow(/Greater.*no gradient/);
});
