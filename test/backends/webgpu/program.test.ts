import { afterAll, beforeAll, expect, test } from "@jest/globals";

import { webgpuBackend } from "../../../src/backends/webgpu/index.js";
import { planBuffers } from "../../../src/backends/webgpu/plan-buffers.js";
import { differentiate } from "../../../src/core/backward.js";
import type { Device, Program, Recording, Trace } from "../../../src/core/define-backend.js";
import { adamwStep } from "../../../src/core/ops/adamw.js";
import { attention } from "../../../src/core/ops/attention.js";
import { linear } from "../../../src/core/ops/linear.js";
import { randomNormal } from "../../../src/core/ops/random.js";
import { tf } from "../../../src/core/tensor.js";
import type { HostArray, Tensor, Variable } from "../../../src/core/tensor.js";
import { withWebGpu } from "./with-webgpu.js";

withWebGpu("a program of webgpu", () => {
  let device: Device;
  beforeAll(async () => {
    device = await webgpuBackend.open({ precision: "fp32" });
  });
  afterAll(() => device.close());

  const numbers = (...data: number[]): HostArray => ({ dtype: "f32", shape: [data.length], data: Float32Array.from(data) });

  function record(trace: Trace, inputs: readonly HostArray[]): Recording {
    const made = device.record?.(trace, inputs);
    if (!made) throw new Error("webgpu records steps");
    return made;
  }

  /** Records the same step twice; `between` runs before the second. */
  function compile(trace: Trace, inputs: readonly HostArray[], between: () => void = () => undefined): Program | string {
    const first = record(trace, inputs);
    between();
    const second = record(trace, inputs);
    tf.dispose([...first.outputs, ...second.outputs]);
    return device.compile?.(first, second) ?? "no program";
  }

  function programOf(trace: Trace, inputs: readonly HostArray[]): Program {
    const made = compile(trace, inputs);
    if (typeof made === "string") throw new Error(made);
    return made;
  }

  test("does the step again on other inputs", async () => {
    const program = programOf(([x]) => [tf.mul(tf.exp(x as Tensor), 2), tf.sum(x as Tensor)], [numbers(0, 0)]);
    const [scaled, sum] = await program.replay([numbers(0, 1)]);
    expect(scaled?.data[0]).toBeCloseTo(2, 5);
    expect(scaled?.data[1]).toBeCloseTo(2 * Math.E, 5);
    expect(sum).toEqual({ dtype: "f32", shape: [], data: Float32Array.of(1) });
    expect(program.info).toMatch(/^\d+ dispatches, 0\.0 MB$/);
  });

  test("asks per-step numbers anew, and draws other noise in each step", async () => {
    let step = 0;
    const program = programOf(() => [randomNormal({ key: [1, 2], stream: 3, step: () => step, shape: [4] })], []);
    for (step of [5, 9]) {
      const expected = randomNormal({ key: [1, 2], stream: 3, step: () => step, shape: [4] });
      expect((await program.replay([]))[0]?.data).toEqual(await expected.data());
      expected.dispose();
    }
  });

  test("trains as the same steps op by op do, bit for bit, and gives its state back", async () => {
    const shape = [12, 4];
    const train = async (replayed: boolean): Promise<number[]> => {
      let step = 0;
      const variable = (value: (i: number) => number): Variable =>
        tf.tidy(() =>
          tf.variable(
            tf.tensor2d(
              Float32Array.from({ length: 48 }, (_, i) => value(i)),
              [12, 4],
            ),
          ),
        );
      const weight = variable((i) => Math.cos(i));
      const [first, second] = [variable(() => 0), variable(() => 0)];
      const settings = (): ReturnType<Parameters<typeof adamwStep>[1]> => ({
        lr: 0.1 / (step + 1), beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, step: step + 1, clip: 1, averageDecay: 0,
      }); // prettier-ignore
      const trace: Trace = ([x]) => {
        const noise = randomNormal({ key: [1, 2], stream: 3, step: () => step, shape: [1, 3, 4] });
        const forward = (): Tensor => {
          const qkv = linear({ x: tf.add(x as Tensor, noise), weight }, { activation: "gelu" });
          return tf.mean(tf.square(attention({ qkv }, { heads: 2 })));
        };
        const { value, gradients } = differentiate(forward, [weight]);
        adamwStep({ parameters: [weight], gradients: gradients as Tensor[], first: [first], second: [second] }, settings);
        return [tf.keep(value)];
      };
      const input = (): HostArray => {
        const data = Float32Array.from({ length: shape[0] as number }, (_, i) => Math.sin(i + step));
        return { dtype: "f32", shape: [1, 3, 4], data };
      };
      const losses: number[] = [];
      const recorded = async (): Promise<Recording> => {
        const made = record(trace, [input()]);
        losses.push((await made.outputs[0]?.data())?.[0] ?? NaN);
        tf.dispose([...made.outputs]);
        step++;
        return made;
      };
      const made = device.compile?.(await recorded(), await recorded());
      if (!made || typeof made === "string") throw new Error(made);
      while (step < 6) {
        if (!replayed) await recorded();
        else {
          if (step === 4) {
            // A step that is taken back leaves no trace.
            const before = await made.readState();
            await made.replay([input()]);
            expect(await made.readState()).not.toEqual(before);
            await made.writeState(before);
          }
          losses.push((await made.replay([input()]))[0]?.data[0] ?? NaN);
          step++;
        }
      }
      losses.push(...(await weight.data()));
      tf.dispose([weight, first, second]);
      return losses;
    };
    expect(await train(true)).toEqual(await train(false));
  });

  test("refuses a step whose numbers JavaScript works out anew", () => {
    let step = 0;
    const trace: Trace = ([x]) => [tf.mul(x as Tensor, step)];
    expect(compile(trace, [numbers(1, 2)], () => (step = 1))).toMatch(/JavaScript works out anew/);
  });

  test("refuses a step that does other work the next time", () => {
    let more = false;
    const trace: Trace = ([x]) => [more ? tf.exp(tf.exp(x as Tensor)) : tf.exp(x as Tensor)];
    expect(compile(trace, [numbers(1, 2)], () => (more = true))).toMatch(/makes 1 dispatches and the next 2/);
  });

  test("fails by its promise where the data are wrong or the weights are gone, and works in between", async () => {
    const weight = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
    const before = await tf.tidy(() => tf.mul(weight, 1)).data();
    expect([...before]).toEqual([1, 2]);
    const program = programOf(([x]) => [tf.mul(x as Tensor, weight)], [numbers(1, 1)]);
    await expect(program.replay([numbers(1)])).rejects.toThrow(/input 0 of the program has 1 numbers; expected 2/);
    expect([...((await program.replay([numbers(3, 4)]))[0]?.data ?? [])]).toEqual([3, 8]);
    weight.dispose();
    await device.sync();
    await expect(program.replay([numbers(1, 1)])).rejects.toThrow(/no longer in memory/);
  });
});

test("pieces that live at once get buffers of their own; others share the larger one", () => {
  const plan = planBuffers([
    { bytes: 100, first: 0, last: 1 },
    { bytes: 400, first: 1, last: 2 },
    { bytes: 200, first: 2, last: 3 },
    { bytes: 300, first: 3, last: 4 },
  ]);
  // The largest opens a buffer; 300 starts after it has ended and shares it; 200 meets both and opens another, which 100 shares.
  expect(plan).toEqual({ buffer: [1, 0, 1, 0], bytes: [400, 200] });
});
