import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";

import { cudaBackend } from "../../../src/backends/cuda/index.js";
import type { Device, Program, Trace } from "../../../src/core/define-backend.js";
import { differentiate } from "../../../src/core/backward.js";
import { adamwStep } from "../../../src/core/ops/adamw.js";
import { attention } from "../../../src/core/ops/attention.js";
import { embedding } from "../../../src/core/ops/embedding.js";
import { linear } from "../../../src/core/ops/linear.js";
import { randomNormal } from "../../../src/core/ops/random.js";
import { tf } from "../../../src/core/tensor.js";
import type { HostArray, Tensor, Variable } from "../../../src/core/tensor.js";
import { missing, useCudnn, useEmulator } from "./emulator.js";

const reason = missing();

describe("a program of the cuda backend, on the double of the driver", () => {
  if (reason !== undefined) {
    test.skip(`not tested: ${reason}`, () => undefined);
    return;
  }
  const emulator = useEmulator();
  const cudnn = useCudnn();

  const numbers = (...data: number[]): HostArray => ({ dtype: "f32", shape: [data.length], data: Float32Array.from(data) });
  const labels = (...data: number[]): HostArray => ({ dtype: "i32", shape: [data.length], data: Int32Array.from(data) });

  function compile(
    device: Device,
    trace: Trace,
    inputs: readonly HostArray[],
    between: () => void = () => undefined,
  ): Program | string {
    const first = device.record?.(trace, inputs);
    between();
    const second = device.record?.(trace, inputs);
    if (!first || !second) throw new Error("cuda records steps");
    tf.dispose([...first.outputs, ...second.outputs]);
    return device.compile?.(first, second) ?? "no program";
  }

  function programOf(device: Device, trace: Trace, inputs: readonly HostArray[]): Program {
    const made = compile(device, trace, inputs);
    if (typeof made === "string") throw new Error(made);
    return made;
  }

  describe("in fp32", () => {
    let device: Device;
    beforeAll(async () => {
      device = await cudaBackend.open({ precision: "fp32" });
    });
    afterAll(() => device.close());

    test("does the step again on other inputs, as one graph", async () => {
      const program = programOf(device, ([x]) => [tf.mul(tf.exp(x as Tensor), 2), tf.sum(x as Tensor)], [numbers(0, 0)]);
      emulator.clear();
      const [scaled, sum] = await program.replay([numbers(0, 1)]);
      const calls = emulator.journal().filter((line) => !/^cuEvent/.test(line));
      expect(calls).toEqual(["cuGraphLaunch"]);
      expect([...(scaled?.data ?? [])][0]).toBeCloseTo(2, 5);
      expect(scaled?.data[1]).toBeCloseTo(2 * Math.E, 5);
      expect(sum).toEqual({ dtype: "f32", shape: [], data: Float32Array.of(1) });
    });

    test("is captured in the order copy in, kernels, copies out, and nothing else happens meanwhile", () => {
      emulator.clear();
      programOf(device, ([x]) => [tf.exp(x as Tensor)], [numbers(0, 0, 0)]);
      const calls = emulator.journal().map((line) => line.split(" ").slice(0, 2).join(" "));
      const from = calls.indexOf("cuStreamBeginCapture_v2");
      expect(calls.slice(from, calls.indexOf("cuStreamEndCapture") + 2)).toEqual([
        "cuStreamBeginCapture_v2",
        "cuMemcpyHtoDAsync_v2 12",
        "cuLaunchKernel unary_ff",
        "cuMemcpyDtoHAsync_v2 12",
        "cuMemcpyDtoHAsync_v2 16",
        "cuStreamEndCapture",
        "cuGraphInstantiateWithFlags",
      ]);
    });

    test("asks per-step numbers anew, and draws other noise in each step", async () => {
      let step = 0;
      const program = programOf(device, () => [randomNormal({ key: [1, 2], stream: 3, step: () => step, shape: [4] })], []);
      for (step of [5, 9]) {
        const expected = randomNormal({ key: [1, 2], stream: 3, step: () => step, shape: [4] });
        expect((await program.replay([]))[0]?.data).toEqual(await expected.data());
        expected.dispose();
      }
    });

    test("refuses what cannot be replayed, and says why", () => {
      const read: Trace = ([x]) => [tf.mul(x as Tensor, (x as Tensor).dataSync()[0] ?? 0)];
      expect(compile(device, read, [numbers(1, 2)])).toMatch(/read from the device/);
      let step = 0;
      const changing: Trace = ([x]) => [tf.mul(x as Tensor, step)];
      expect(compile(device, changing, [numbers(1, 2)], () => (step = 1))).toMatch(/JavaScript works out anew/);
      expect(compile(device, ([x]) => [tf.atan(x as Tensor)], [numbers(1, 2)])).toMatch(/Atan runs on the host/);
    });

    test("fails by its promise where the data are wrong, and works on after that", async () => {
      const table = tf.tidy(() => tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2])));
      const program = programOf(device, ([index]) => [embedding({ table, index: index as Tensor }, {})], [labels(0, 1)]);
      await expect(program.replay([labels(1, 2)])).rejects.toThrow(
        "the index value 2 is not in [0, 1], the rows of the table; see place 1 of the indices",
      );
      await expect(program.replay([numbers(1)])).rejects.toThrow(/input 0 of the program has 1 numbers; expected 2/);
      expect([...((await program.replay([labels(1, 0)]))[0]?.data ?? [])]).toEqual([3, 4, 1, 2]);
      table.dispose();
      await expect(program.replay([labels(1, 0)])).rejects.toThrow(/no longer in memory/);
    });

    test("a failing device is told by the call and CUDA's words", async () => {
      const program = programOf(device, ([x]) => [tf.exp(x as Tensor)], [numbers(1)]);
      emulator.fail("cuEventQuery", 0, 700);
      await expect(program.replay([numbers(1)])).rejects.toThrow(
        "cuda: cuEventQuery failed with CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered (700)",
      );
      expect((await program.replay([numbers(0)]))[0]?.data[0]).toBeCloseTo(1, 6);
    });

    test("a call that fails while a graph is captured ends the capture and is told", () => {
      // The calls of two recordings come before the captured one.
      const trace: Trace = ([x]) => [tf.exp(x as Tensor)];
      emulator.fail("cuLaunchKernel", 2, 1);
      expect(() => compile(device, trace, [numbers(1)])).toThrow(/cuLaunchKernel failed/);
      expect(compile(device, trace, [numbers(1)])).not.toEqual(expect.any(String));
    });
  });

  describe.each([
    ["fp32", "own"],
    ["bf16", "own"],
    ["bf16", "cudnn"],
  ] as const)("in %s, attention %s", (precision, attentionBy) => {
    let device: Device;
    beforeEach(async () => {
      process.env["RAEGRAPH_CUDA_ATTENTION"] = attentionBy;
      device = await cudaBackend.open({ precision });
    });
    afterEach(() => device.close());

    test("trains as the same steps op by op do, bit for bit, averages and their use included", async () => {
      const train = async (replayed: boolean): Promise<number[]> => {
        let step = 0;
        const variable = (place: number, ...shape: number[]): Variable => {
          const size = shape.reduce((a, b) => a * b, 1);
          return tf.tidy(() =>
            tf.variable(
              tf.tensor(
                Float32Array.from({ length: size }, (_, i) => Math.sin(i + place) / 4),
                shape,
              ),
            ),
          );
        };
        const zeros = (like: Variable): Variable => tf.tidy(() => tf.variable(tf.zerosLike(like)));
        const parameters = [variable(0, 48, 16), variable(1, 48), variable(2, 16, 16)];
        const [weight, bias, out] = parameters as [Variable, Variable, Variable];
        const [first, second, average] = [
          parameters.map(zeros),
          parameters.map(zeros),
          parameters.map((p) => tf.tidy(() => tf.variable(tf.mul(p, 1)))),
        ];
        const settings = (): ReturnType<Parameters<typeof adamwStep>[1]> => ({
          lr: 0.1 / (step + 1), beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, step: step + 1, clip: 1, averageDecay: 0.5,
        }); // prettier-ignore
        const forward = (x: Tensor, [w, b, o]: readonly Tensor[]): Tensor => {
          const qkv = linear({ x, weight: w as Tensor, bias: b as Tensor }, { activation: "none" });
          return linear({ x: attention({ qkv }, { heads: 2 }), weight: o as Tensor }, { activation: "gelu_tanh" });
        };
        const trace: Trace = ([x]) => {
          const noise = randomNormal({ key: [1, 2], stream: 3, step: () => step, shape: [2, 5, 16] });
          const { value, gradients } = differentiate(
            () => tf.mean(tf.square(forward(tf.add(x as Tensor, noise), [weight, bias, out]))),
            parameters,
          );
          adamwStep({ parameters, gradients: gradients as Tensor[], first, second, average }, settings);
          tf.dispose(gradients as Tensor[]);
          return [tf.keep(value)];
        };
        const input = (): HostArray => ({
          dtype: "f32",
          shape: [2, 5, 16],
          data: Float32Array.from({ length: 160 }, (_, i) => Math.sin(i + step)),
        });
        const losses: number[] = [];
        const record = (): NonNullable<ReturnType<NonNullable<Device["record"]>>> => {
          const made = device.record?.(trace, [input()]);
          if (!made) throw new Error("cuda records steps");
          losses.push(made.outputs[0]?.dataSync()[0] ?? NaN);
          tf.dispose([...made.outputs]);
          step++;
          return made;
        };
        // The first steps make bf16 copies of the weights; recordings begin after those.
        record();
        record();
        const made = device.compile?.(record(), record());
        if (!made || typeof made === "string") throw new Error(made);
        /** What a sampler computes of the averages meanwhile. */
        const sample = (): number => tf.tidy(() => tf.sum(forward(tf.ones([1, 3, 16]), average)).dataSync()[0] ?? NaN);
        while (step < 9) {
          if (step === 5) losses.push(sample());
          if (!replayed) record();
          else {
            losses.push((await made.replay([input()]))[0]?.data[0] ?? NaN);
            step++;
          }
        }
        losses.push(sample(), ...weight.dataSync());
        tf.dispose([...parameters, ...first, ...second, ...average]);
        return losses;
      };
      const before = cudnn.runs();
      const [replayed, plain] = [await train(true), await train(false)];
      expect(cudnn.runs() > before).toBe(attentionBy === "cudnn");
      expect(replayed.every(Number.isFinite)).toBe(true);
      expect(replayed).toEqual(plain);
    });
  });
});
