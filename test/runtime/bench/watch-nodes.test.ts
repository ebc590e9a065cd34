import { beforeAll, describe, expect, test } from "@jest/globals";
import { referenceBackend } from "../../../src/backends/reference/index.js";
import { defineOp } from "../../../src/core/define-op.js";
import type { GraphNode } from "../../../src/core/graph.js";
import { tf } from "../../../src/core/tensor.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { builtinNodes } from "../../../src/nodes/index.js";
import { makeLedger } from "../../../src/runtime/bench/ledger.js";
import { watchNodes } from "../../../src/runtime/bench/watch-nodes.js";

let now = 0;

/** 3·x, which takes `forth` seconds and, on the way back, `back`. */
const slow = defineOp<"x", never, { forth: number; back: number }>({
  kernel: "SlowTriple",
  inputs: ["x"],
  expand({ x }, { forth }) {
    now += forth;
    return tf.mul(x, 3);
  },
  grad: (dy, _inputs, { back }) => {
    now += back;
    return { x: () => tf.mul(dy, 3) };
  },
});

beforeAll(() => referenceBackend.open({ precision: "fp32" }));

function node(name: string, type: string): GraphNode {
  const def = builtinNodes.find((other) => other.type === type);
  if (!def) throw new Error(type);
  return { name, def, params: {}, inputs: {}, dims: {}, at: { file: "", start: 0, end: 0 } };
}

describe("a stage of two nodes and an optimizer", () => {
  const first = node("first", "latent.noise");
  const second = node("second", "flow.velocity_loss");
  const adam = node("adam", "train.adamw");

  test("each is charged for its way forth, its way back and its update", () => {
    const ledger = makeLedger(() => now, "rest");
    const onNode = watchNodes(ledger);
    const f = (x: Tensor): Tensor => {
      const { z } = onNode(first, () => ({ z: slow({ x }, { forth: 1, back: 10 }) }), {});
      now += 0.5;
      const sum = (): { value: Tensor } => ({
        value: tf.sum(slow({ x: slow({ x: z }, { forth: 2, back: 20 }) }, { forth: 3, back: 30 })),
      });
      return onNode(second, sum, {}).value;
    };
    const slope = tf.grad(f)(tf.tensor1d([1, 2]));
    const update = (): Record<string, never> => {
      now += 7;
      return {};
    };
    onNode(adam, update, {});
    expect(Array.from(slope.dataSync())).toEqual([27, 27]);
    expect(Object.fromEntries(ledger.take())).toEqual({
      rest: 0.5,
      "forward first": 1,
      "forward second": 2 + 3,
      "backward second": 30 + 20,
      "backward first": 10,
      "update adam": 7,
    });
  });

  test("without a tape outputs are handed on as they are", () => {
    const onNode = watchNodes(makeLedger(() => now, "rest"));
    const label = tf.tensor1d([1, 2], "int32");
    const outputs = onNode(first, () => ({ z: tf.scalar(5), label }), {});
    expect(outputs.label).toBe(label);
    expect(Array.from(outputs.z.dataSync())).toEqual([5]);
  });
});
