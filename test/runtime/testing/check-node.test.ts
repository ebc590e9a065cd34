import { describe, expect, test } from "@jest/globals";
import { defineNode } from "../../../src/core/define-node.js";
import type { NodeDef, Source } from "../../../src/core/define-node.js";
import { tensor } from "../../../src/core/port.js";
import { tf } from "../../../src/core/tensor.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { linearPath } from "../../../src/nodes/flow/linear-path.js";
import { checkNode, harness, runNode } from "../../../src/runtime/testing/index.js";
import { z } from "zod";

const scale = (run: (x: Tensor) => Tensor): NodeDef =>
  defineNode({
    kind: "map",
    type: "my.scale",
    note: "Scales.",
    inputs: { x: tensor("f32[B,C]") },
    outputs: { y: tensor("f32[B,C]") },
    params: z.object({}),
    run: ({ x }) => ({ y: run(x) }),
  });
const inputs = {
  x: [
    [1, 2, 3],
    [4, 5, 6],
  ],
};
const backends = ["wasm"];

describe("runNode refuses inputs that do not fit the ports", () => {
  const run = (given: Parameters<typeof runNode>[1]) => runNode(linearPath, given);
  test.each([
    ["a misspelt one", { dta: [[1]], t: [0] }, 'no input "dta"; did you mean "data"?; input "data" (f32[B,...]) is not given'],
    ["another number of axes", { data: [[1]], t: [[0]] }, 'input "t" is f32[1,1], declared f32[B]: it has 2 axes'],
    ["another batch", { data: [[1], [2]], t: [0] }, 'input "t" is f32[1], declared f32[B]: B is 2 elsewhere'],
  ])("%s", async (_what, given, message) => {
    await expect(run(given as never)).rejects.toThrow(message);
  });
});

describe("checkNode", () => {
  test("a sound map passes every check", async () => {
    const example = {
      inputs: {
        data: [
          [1, 2],
          [3, 4],
        ],
        t: [0.2, 0.8],
      },
      backends,
    };
    expect(await checkNode(linearPath, example)).toEqual({
      checked: [
        "definition",
        "params",
        "declared shapes",
        "inputs are left alone",
        "same result twice",
        "gradient",
        "wasm equals reference",
      ],
      skipped: [],
    });
  });

  test("a model's weights are differentiated too", async () => {
    const line = (wrong: boolean): NodeDef =>
      defineNode({
        kind: "model",
        type: "my.line",
        note: "A line.",
        inputs: { x: tensor("f32[B,C]") },
        outputs: { y: tensor("f32[B,2]") },
        params: z.object({}),
        weights: (_params, { C = 0 }) => [{ name: "w", shape: [C, 2], init: { kind: "normal", std: 1 }, trainable: true }],
        apply: (weights, { x }) => ({ y: tf.matMul(wrong ? stop(x) : x, weights("w") as never) }),
      });
    // Forward the same, its gradient doubled.
    const stop = (x: Tensor): Tensor =>
      tf.customGrad((value) => ({ value: tf.clone(value as Tensor), gradFunc: (dy: Tensor) => tf.mul(dy, 2) }))(x);
    expect((await checkNode(line(false), { inputs, backends })).checked).toContain("gradient");
    await expect(checkNode(line(true), { inputs, backends })).rejects.toThrow(
      /^my\.line breaks a promise of every node:\n {2}- gradient: by input "x": the gradient gives a slope of \S+, finite differences \S+$/,
    );
  });

  let calls = 0;
  test.each<[string, NodeDef, string]>([
    [
      "another shape than declared",
      scale((x) => tf.sum(x, 1, true)),
      'declared shapes: output "y" is f32[2,1], declared f32[B,C]: C is 3 elsewhere',
    ],
    ["a result that changes from call to call", scale((x) => tf.mul(x, ++calls)), "same result twice: y.0.0: "],
    ["inputs that it changes", scale((x) => ((x.dataSync()[0] = 9), tf.clone(x))), "inputs are left alone: x.0.0: 1 and 9"],
    [
      "params that JSON loses",
      { ...scale((x) => x), params: z.object({ at: z.date() }) } as NodeDef,
      "params: what JSON keeps of them is refused; use plain values",
    ],
    ["a definition that is none", { ...scale((x) => x), kind: "mpa" } as never, 'definition: kind is "mpa"; did you mean "map"?'],
  ])("%s is told", async (_what, def, message) => {
    const params = "at" in ((def.params as { shape?: object }).shape ?? {}) ? { at: new Date(0) } : {};
    await expect(checkNode(def, { inputs, params, backends: [], gradient: false })).rejects.toThrow(message);
  });

  const count = (restore: (state: number) => number): NodeDef =>
    defineNode({
      kind: "source",
      type: "my.count",
      note: "Counts.",
      inputs: {},
      outputs: { x: tensor("f32[B]") },
      params: z.object({}),
      async open(): Promise<Source> {
        let at = 0;
        return {
          next: async () => ({ indices: [at], values: { x: { dtype: "f32", shape: [1], data: Float32Array.of(at++) } } }),
          state: () => at,
          restore: (state) => void (at = restore(Number(state))),
          close: async () => undefined,
        };
      },
    });

  test("a source that goes on from its state passes, one that skips a batch is told", async () => {
    expect((await checkNode(count((state) => state))).checked).toEqual([
      "definition",
      "params",
      "batches",
      "declared shapes",
      "state is JSON",
      "restore(state()) goes on",
      "same batches twice",
    ]);
    await expect(checkNode(count((state) => state + 1))).rejects.toThrow("restore(state()) goes on: 0.indices.0: 2 and 3");
  });

  test("a reducer and a sink give the same twice", async () => {
    const sum = defineNode({
      kind: "reducer",
      type: "my.sum",
      note: "Sums.",
      inputs: { x: tensor("f32[B]") },
      outputs: {},
      params: z.object({}),
      start() {
        let total = 0;
        return { add: ({ x }) => void (total += x.data[0] ?? 0), finish: () => ({ total }) };
      },
    });
    const dated = defineNode({
      kind: "sink",
      type: "my.dated",
      note: "Writes when.",
      inputs: { x: tensor("f32[B]") },
      outputs: {},
      params: z.object({}),
      open: async (_params, { write }) => ({
        write: async (_values, { step }) => void (await write(`${step}.txt`, Uint8Array.of(++calls))),
        close: async () => undefined,
      }),
    });
    const batches = [{ x: [1] }, { x: [2] }];
    expect(await harness(sum).reduce(...batches)).toEqual({ total: 3 });
    expect((await checkNode(sum, { batches })).checked).toContain("same results twice");
    await expect(checkNode(dated, { batches })).rejects.toThrow("same files twice: 1.txt.0");
  });
});
