import { z } from "zod";
import { defineNode } from "../../../src/core/define-node.js";
import type { Json } from "../../../src/core/define-node.js";
import { tensor, weights } from "../../../src/core/port.js";
import { tf } from "../../../src/core/tensor.js";

/** Points (i, i²) / 10 with i = 0, 1, 2, …; y = i. */
const points = defineNode({
  kind: "source",
  type: "toy.points",
  note: "Points on a parabola.",
  inputs: {},
  outputs: { x: tensor("f32[B,2]"), y: tensor("f32[B,1]") },
  params: z.object({
    batch: z.number().int().min(1).default(4),
    /** Points in all; the series ends behind them. */
    count: z.number().int().min(1).default(1_000_000),
    /** The point that cannot be read. */
    broken: z.number().int().optional(),
    /** The point whose y is no number. */
    nan: z.number().int().optional(),
  }),
  dims: ({ batch }) => ({ B: batch }),
  async open({ batch, count, broken, nan }) {
    let at = 0;
    return {
      async next() {
        if (at + batch > count) return undefined;
        const indices = Array.from({ length: batch }, (_, i) => at + i);
        if (broken !== undefined && indices.includes(broken)) throw new Error(`point ${broken} cannot be read`);
        at += batch;
        const x = Float32Array.from(indices.flatMap((i) => [(i % 7) / 10, (i % 7) ** 2 / 10]));
        const y = Float32Array.from(indices, (i) => (i === nan ? NaN : i % 7));
        return {
          indices,
          values: { x: { dtype: "f32", shape: [batch, 2], data: x }, y: { dtype: "f32", shape: [batch, 1], data: y } },
        };
      },
      state: () => at,
      restore(state: Json) {
        at = Number(state);
      },
      close: async () => undefined,
    };
  },
});

/** Training steps of the run under way. */
let trained = 0;

const jitter = defineNode({
  kind: "map",
  type: "toy.jitter",
  note: "Adds a little noise, keyed by the step.",
  inputs: { x: tensor("f32[B,D]") },
  outputs: { x: tensor("f32[B,D]") },
  params: z.object({ fails: z.number().int().default(-1) }),
  run({ x }, { fails }, { random, training }) {
    if (training) {
      const step = trained++;
      if (step === fails) throw new Error("the noise is gone");
      sendSignals(step);
    }
    return { x: tf.add(x, tf.mul(random.normal(x.shape), 0.01)) };
  },
});

/** Kills or stops the own process: TOY_SIGNALS=7:SIGKILL does so in the eighth step of training that this process does. */
function sendSignals(step: number): void {
  const [at, ...names] = (process.env["TOY_SIGNALS"] ?? "").split(":");
  if (String(step) === at) for (const name of names) process.kill(process.pid, name);
}

const linear = defineNode({
  kind: "model",
  type: "toy.linear",
  note: "A linear function.",
  inputs: { x: tensor("f32[B,D]") },
  outputs: { y: tensor("f32[B,1]"), weights: weights() },
  params: z.object({}),
  weights: (_params, { D = 0 }) => {
    trained = 0; // asked for once at the start of a run
    return [
      { name: "w", shape: [D, 1], init: { kind: "normal", std: 1 }, trainable: true },
      { name: "b", shape: [1], init: { kind: "zeros" }, trainable: true },
    ];
  },
  apply: (weight, { x }) => ({ y: tf.add(tf.matMul(x, weight("w") as never), weight("b")) }),
});

const print = defineNode({
  kind: "sink",
  type: "out.toy_print",
  note: "Writes each batch as text.",
  inputs: { y: tensor("f32[B,1]") },
  outputs: {},
  params: z.object({ digits: z.number().int().default(3) }),
  async open({ digits }, context) {
    return {
      async write({ y }, { step, phase }) {
        const text = [...y.data].map((value) => value.toFixed(digits)).join(" ");
        await context.write(`samples/${phase}-${step}.txt`, new TextEncoder().encode(text));
      },
      close: async () => undefined,
    };
  },
});

/** Node types of the toy graph. */
export const toyNodes = [points, jitter, linear, print];

/** A graph that trains a line on a parabola: a phase of each relation. */
export const toyGraph = `name: toy
seed: 7
nodes:
  points: { type: toy.points }
  noisy: { type: toy.jitter, in: { x: points.x } }
  net: { type: toy.linear, in: { x: noisy.x } }
  error: { type: flow.velocity_loss, in: { prediction: net.y, target: points.y } }
  adam: { type: train.adamw, params: { lr: 0.05, ema: 0.9 }, in: { loss: error.value, trains: net.weights } }
  mean: { type: metric.mean, params: { name: loss }, in: { value: error.value } }
  print: { type: out.toy_print, in: { y: net.y } }
phases:
  start: { run: [mean], before: train, steps: 2 }
  train: { run: [adam], steps: 12, checkpoint: 4, keep: 2 }
  look: { run: [print], of: train, every: 5, steps: 1 }
  score: { run: [mean], after: train, steps: 2 }
`;
