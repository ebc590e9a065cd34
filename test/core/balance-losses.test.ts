import { expect, test } from "@jest/globals";
import { nativeBackend } from "../../src/backends/native/index.js";
import { differentiate } from "../../src/core/backward.js";
import { balanceLosses } from "../../src/core/balance-losses.js";
import { linear } from "../../src/core/ops/linear.js";
import { tf } from "../../src/core/tensor.js";
import type { Tensor, Variable } from "../../src/core/tensor.js";
import { onBackend } from "../../src/runtime/testing/run-node.js";

const backends = ["reference", "wasm", ...((await nativeBackend.probe()).available ? ["native"] : [])];

/** Two layers, the second of which is where the losses are balanced; both losses read its output, one of them the first layer's too. */
function players(): { variables: Variable[]; losses: () => { own: Tensor; other: Tensor } } {
  const variables = [
    tf.variable(tf.tensor2d([0.4, -0.2, 0.1, 0.5], [2, 2])),
    tf.variable(tf.tensor2d([0.3, 0.7, -0.6, 0.2], [2, 2])),
    tf.variable(tf.tensor1d([0.1, -0.1])),
  ];
  const [first, second, bias] = variables as [Variable, Variable, Variable];
  const x = tf.tensor2d([1, 2, -1, 0.5, 0.3, 0.8], [3, 2]);
  return {
    variables,
    losses() {
      const hidden = tf.tanh(linear({ x, weight: first }, { activation: "none" }));
      const out = linear({ x: hidden, weight: second, bias }, { activation: "none" });
      return {
        own: tf.add(tf.mean(tf.square(out)), tf.mul(tf.sum(tf.square(hidden)), 0.1)),
        other: tf.neg(tf.mean(tf.sigmoid(out))),
      };
    },
  };
}

test.each(backends)("pulls as the sum of both gradients, λ from their norms at the layer, on %s", async (backend) => {
  await onBackend(backend, async () => {
    const { variables, losses } = players();
    const [first, second] = variables as [Variable, Variable];
    const numbers = async (list: readonly (Tensor | undefined)[]): Promise<number[][]> =>
      Promise.all(list.map(async (tensor) => [...((await tensor?.data()) ?? [])]));
    const own = differentiate(() => losses().own, variables);
    const other = differentiate(() => losses().other, variables);
    const [ours, theirs] = [await numbers(own.gradients), await numbers(other.gradients)];
    const norm = (list: number[] | undefined): number => Math.hypot(...(list ?? []));
    const expected = norm(ours[1]) / (norm(theirs[1]) + 1e-6);
    let ratio: Tensor | undefined;
    const sum = differentiate(() => {
      const { own: loss, other: against } = losses();
      const made = balanceLosses(loss, against, second, variables, { weight: 0.75, most: 1e4 });
      ratio = tf.keep(made.ratio);
      return made.value;
    }, variables);
    expect((await ratio?.data())?.[0]).toBeCloseTo(expected, 4);
    const total = (await own.value.data())[0] as number;
    expect((await sum.value.data())[0]).toBeCloseTo(total + 0.75 * expected * ((await other.value.data())[0] as number), 5);
    const found = await numbers(sum.gradients);
    found.forEach((list, i) =>
      list.forEach((value, j) => expect(value).toBeCloseTo((ours[i]?.[j] ?? 0) + 0.75 * expected * (theirs[i]?.[j] ?? 0), 5)),
    );
    const held = tf.memory().numTensors;
    const least = differentiate(() => {
      const { own: loss, other: against } = losses();
      return balanceLosses(loss, against, second, variables, { weight: 1, most: 0.01 }).value;
    }, [first]);
    tf.dispose([least.value, ...least.gradients] as Tensor[]);
    expect(tf.memory().numTensors).toBe(held);
    tf.dispose([...variables, ratio as Tensor]);
  });
});

test("says where it cannot work", async () => {
  await onBackend("reference", async () => {
    const { variables, losses } = players();
    const { own, other } = losses();
    const [, second] = variables as [Variable, Variable];
    expect(() => balanceLosses(own, other, second, variables, { weight: 1, most: 1 })).toThrow("use it in a phase that trains");
    const apart = tf.variable(tf.scalar(1));
    expect(() =>
      differentiate(() => balanceLosses(losses().own, losses().other, apart, variables, { weight: 1, most: 1 }).value, variables),
    ).toThrow("has no part in the first of them");
    tf.dispose([...variables, apart]);
  });
});
