import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { nativeBackend } from "../../../src/backends/native/index.js";
import type { Device, Program, Trace } from "../../../src/core/define-backend.js";
import { differentiate } from "../../../src/core/backward.js";
import { adamwStep } from "../../../src/core/ops/adamw.js";
import { embedding } from "../../../src/core/ops/embedding.js";
import { linear } from "../../../src/core/ops/linear.js";
import { randomNormal } from "../../../src/core/ops/random.js";
import { tf } from "../../../src/core/tensor.js";
import type { HostArray, Tensor, Variable } from "../../../src/core/tensor.js";

const { available } = await nativeBackend.probe();

describe(available ? "a program of the native backend" : "no addon: programs are not tested", () => {
  if (!available) {
    test.todo("needs a C++ compiler at npm ci");
    return;
  }
  let device: Device;
  beforeAll(async () => {
    device = await nativeBackend.open({ precision: "fp32", threads: 2 });
  });
  afterAll(() => device.close());

  const numbers = (...data: number[]): HostArray => ({ dtype: "f32", shape: [data.length], data: Float32Array.from(data) });
  const labels = (...data: number[]): HostArray => ({ dtype: "i32", shape: [data.length], data: Int32Array.from(data) });

  /** Records the same step twice; `between` runs before the second. */
  function compile(trace: Trace, inputs: readonly HostArray[], between: () => void = () => undefined): Program | string {
    const first = device.record?.(trace, inputs);
    between();
    const second = device.record?.(trace, inputs);
    if (!first || !second) throw new Error("native records steps");
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
    expect([...(scaled?.data ?? [])][0]).toBeCloseTo(2, 5);
    expect(scaled?.data[1]).toBeCloseTo(2 * Math.E, 5);
    expect(sum).toEqual({ dtype: "f32", shape: [], data: Float32Array.of(1) });
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

  test("trains as the same steps op by op do, bit for bit", async () => {
    const train = async (replayed: boolean): Promise<number[]> => {
      let step = 0;
      const variable = (...data: number[]): Variable => tf.variable(tf.tensor2d(data, [2, data.length / 2]));
      const weight = variable(0.1, 0.2, 0.3, 0.4, 0.5, 0.6);
      const [first, second] = [variable(0, 0, 0, 0, 0, 0), variable(0, 0, 0, 0, 0, 0)];
      const settings = (): Parameters<typeof adamwStep>[1] => () => ({
        lr: 0.1 / (step + 1), beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, step: step + 1, clip: 1, averageDecay: 0,
      }); // prettier-ignore
      const trace: Trace = ([x]) => {
        const noise = randomNormal({ key: [1, 2], stream: 3, step: () => step, shape: [5, 3] });
        const forward = (): Tensor =>
          tf.mean(tf.square(linear({ x: tf.add(x as Tensor, noise), weight }, { activation: "gelu" })));
        const { value, gradients } = differentiate(forward, [weight]);
        adamwStep({ parameters: [weight], gradients: gradients as Tensor[], first: [first], second: [second] }, settings());
        return [tf.keep(value)];
      };
      const input = (): HostArray => ({
        dtype: "f32",
        shape: [5, 3],
        data: Float32Array.from({ length: 15 }, (_, i) => Math.sin(i + step)),
      });
      const losses: number[] = [];
      const record = (): NonNullable<ReturnType<NonNullable<Device["record"]>>> => {
        const made = device.record?.(trace, [input()]);
        if (!made) throw new Error("native records steps");
        losses.push(made.outputs[0]?.dataSync()[0] ?? NaN);
        tf.dispose([...made.outputs]);
        step++;
        return made;
      };
      const made = device.compile?.(record(), record());
      if (!made || typeof made === "string") throw new Error(made);
      while (step < 8) {
        if (!replayed) record();
        else {
          losses.push((await made.replay([input()]))[0]?.data[0] ?? NaN);
          step++;
        }
      }
      losses.push(...weight.dataSync());
      tf.dispose([weight, first, second]);
      return losses;
    };
    expect(await train(true)).toEqual(await train(false));
  });

  test("refuses a step that reads numbers from the device", () => {
    expect(compile(([x]) => [tf.mul(x as Tensor, (x as Tensor).dataSync()[0] ?? 0)], [numbers(1, 2)])).toMatch(
      /read from the device/,
    );
  });

  test("refuses a step whose numbers JavaScript works out anew", () => {
    let step = 0;
    expect(
      compile(
        ([x]) => [tf.mul(x as Tensor, step)],
        [numbers(1, 2)],
        () => (step = 1),
      ),
    ).toMatch(/JavaScript works out anew/);
  });

  test("refuses a step that does other work the next time", () => {
    let more = false;
    const trace: Trace = ([x]) => [more ? tf.exp(tf.exp(x as Tensor)) : tf.exp(x as Tensor)];
    expect(compile(trace, [numbers(1, 2)], () => (more = true))).toMatch(/makes 1 calls and the next 2/);
  });

  test("names a kernel that runs in tfjs's own code", () => {
    expect(compile(([x]) => [tf.atan(x as Tensor)], [numbers(1, 2)])).toMatch(/the kernel Atan runs in tfjs's own code/);
  });

  test("fails by its promise where the data are wrong, and works on after that", async () => {
    const table = tf.tidy(() => tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2])));
    const program = programOf(([index]) => [embedding({ table, index: index as Tensor }, {})], [labels(0, 1)]);
    await expect(program.replay([labels(1, 2)])).rejects.toThrow(
      "the index value 2 is not in [0, 1], the rows of the table; see place 1 of the indices",
    );
    await expect(program.replay([numbers(1)])).rejects.toThrow(/input 0 of the program has 1 numbers; expected 2/);
    expect([...((await program.replay([labels(1, 0)]))[0]?.data ?? [])]).toEqual([3, 4, 1, 2]);
    table.dispose();
    await expect(program.replay([labels(1, 0)])).rejects.toThrow(/no longer in memory/);
  });

  test("leaves the JavaScript thread free while it runs", async () => {
    const side = 700;
    const big: HostArray = { dtype: "f32", shape: [side, side], data: new Float32Array(side * side).fill(0.01) };
    const program = programOf(
      ([x]) => {
        let y = x as Tensor;
        for (let i = 0; i < 8; i++) y = tf.matMul(y, x as Tensor);
        return [tf.sum(y)];
      },
      [big],
    );
    let turns = 0;
    let over = false;
    const count = (): void => {
      turns++;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    await program.replay([big]);
    over = true;
    expect(turns).toBeGreaterThan(1);
  });
});
