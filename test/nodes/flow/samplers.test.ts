import { beforeAll, describe, expect, test } from "@jest/globals";
import { referenceBackend } from "../../../src/backends/reference/index.js";
import { readNow } from "../../../src/core/reading.js";
import { prepareTensors } from "../../../src/core/prepare.js";
import { tf } from "../../../src/core/tensor.js";
import { integrateAdaptive } from "../../../src/nodes/flow/adaptive.js";
import { timeGrid } from "../../../src/nodes/flow/grid.js";
import { ode } from "../../../src/nodes/flow/ode.js";
import { fixedStep } from "../../../src/nodes/flow/runge-kutta.js";
import type { Field } from "../../../src/nodes/flow/runge-kutta.js";
import { sde } from "../../../src/nodes/flow/sde.js";
import { adaptiveTableaus, fixedTableaus } from "../../../src/nodes/flow/tableau.js";
import { onBackend } from "../../../src/runtime/testing/run-node.js";
import { presentBackends } from "../../acceptance/backends.js";
import { array, golden, worst } from "../../support/golden.js";
import type { Golden } from "../../support/golden.js";
import { modelOf, sampleWith } from "./sample-with.js";

beforeAll(async () => {
  await prepareTensors();
  await referenceBackend.open({ precision: "fp32" });
});

/** Data is the single number 3: on the line noise n stands at (1−t)·3 + t·n, so v = (x − 3)/t. */
const towardThree = modelOf((x, t) => tf.div(tf.sub(x, 3), t));

test.each(await presentBackends())("Euler's method on a known field gives the published numbers on %s", async (backend) => {
  const { z, num_steps: points, final } = golden["ode_euler_analytic"] as { z: Golden; num_steps: number; final: Golden };
  const field: Field = (x, t) => tf.sub(tf.mul(x, Math.cos(3 * t)), t);
  const times = timeGrid(points, 1);
  const shifted = timeGrid(points, Math.sqrt(48));
  const end = (grid: number[]): Promise<ArrayLike<number>> => {
    let x: ReturnType<Field> = tf.tensor(array(z).data, [...z.shape]);
    for (const [i, t] of grid.slice(0, -1).entries()) x = fixedStep(field, fixedTableaus.euler, x, t, (grid[i + 1] ?? t) - t);
    return x.data();
  };
  await onBackend(backend, async () => {
    expect(Math.min(worst(await end(times), final.data), worst(await end(shifted), final.data))).toBeLessThan(2e-6);
  });
  await referenceBackend.open({ precision: "fp32" });
});

/** dx/dt = x·cos t from 1: x = exp(sin t). */
const wave: Field = (x, t) => tf.mul(x, Math.cos(t));

describe("order of accuracy: half the step, error less by", () => {
  const growth: Field = (x) => tf.clone(x);
  const error = (method: keyof typeof fixedTableaus, steps: number): number =>
    tf.tidy(() => {
      let x: ReturnType<Field> = tf.tensor1d([1]);
      for (let i = 0; i < steps; i++) x = fixedStep(growth, fixedTableaus[method], x, i / steps, 1 / steps);
      return Math.abs((x.dataSync()[0] ?? NaN) - Math.E);
    });
  test.each([
    ["euler", 1],
    ["midpoint", 2],
    ["heun", 2],
    ["heun3", 3],
    ["rk4", 4],
  ] as const)("%s: 2^%i", (method, order) => {
    const ratio = Math.log2(error(method, 3) / error(method, 6));
    expect(Math.abs(ratio - order)).toBeLessThan(0.5);
  });
});

describe.each(Object.entries(adaptiveTableaus))("%s", (_name, tableau) => {
  const run = (from: number, to: number, start: number, rtol: number): [number, number] => {
    let asked = 0;
    const counted: Field = (x, t) => (asked++, wave(x, t));
    const value = tf.tidy(() =>
      readNow(integrateAdaptive(counted, tableau, tf.tensor1d([start]), { from, to }, { rtol, atol: rtol })),
    );
    return [value.dataSync()[0] ?? NaN, asked];
  };
  test("keeps to the tolerance, forward and back", () => {
    expect(Math.abs(run(0, 2, 1, 1e-4)[0] - Math.exp(Math.sin(2)))).toBeLessThan(5e-3);
    expect(Math.abs(run(2, 0, Math.exp(Math.sin(2)), 1e-4)[0] - 1)).toBeLessThan(5e-3);
  });
  test("asks more often for a tighter one, and leaves no tensors", () => {
    const before = tf.memory().numTensors;
    expect(run(0, 2, 1, 1e-5)[1]).toBeGreaterThan(run(0, 2, 1, 1e-2)[1]);
    expect(tf.memory().numTensors - before).toBe(2);
  });
  test("refuses a state that is no number", () => {
    const broken: Field = (x) => tf.mul(x, NaN);
    const reading = integrateAdaptive(broken, tableau, tf.tensor1d([1]), { from: 1, to: 0 }, { rtol: 1e-3, atol: 1e-6 });
    expect(() => readNow(reading)).toThrow("the state is no longer finite at t = 1");
  });
});

describe("flow.ode", () => {
  test("reaches data at t = 0, and stops short of it by default", async () => {
    const [exact] = await sampleWith(ode, towardThree, [1], { steps: 4, shift: 1, end: 0 });
    expect(exact).toBeCloseTo(3, 5);
    const [short] = await sampleWith(ode, towardThree, [1], { steps: 4, shift: 1 });
    expect(short).toBeCloseTo(0.999 * 3 + 0.001 * 1, 5);
  });
  test("goes back from data to the noise that it came from", async () => {
    const flat = modelOf((x) => tf.fill(x.shape, -2)); // velocity of noise 1 toward data 3
    const [noise] = await sampleWith(ode, flat, [3], { steps: 5, shift: 2, end: 0, direction: "to_noise" });
    expect(noise).toBeCloseTo(1, 5);
  });
  test("reads predictions of noise and models of the other convention", async () => {
    const noiseOf = modelOf((x, t) => tf.div(tf.sub(x, 3 * (1 - t)), t));
    expect((await sampleWith(ode, noiseOf, [1], { steps: 6, shift: 1, end: 0, prediction: "noise" }))[0]).toBeCloseTo(3, 2);
    const towardData = modelOf((x, t) => tf.div(tf.sub(3, x), 1 - t));
    const turned = await sampleWith(ode, towardData, [1], { steps: 4, shift: 1, end: 0, convention: "data_at_one" });
    expect(turned[0]).toBeCloseTo(3, 5);
  });
  test("refuses to start where a prediction says nothing", async () => {
    await expect(sampleWith(ode, towardThree, [1], { from: 1, prediction: "noise" })).rejects.toThrow(
      "from: 1 does not work with a model of noise: the velocity at t = 1 is infinite; set from: 0.999",
    );
  });
});

describe("guidance", () => {
  /** Velocity 1 for "no class" (label 9), 3 for any other. */
  const byLabel = modelOf((x, _t, label) =>
    tf.add(tf.mul(tf.reshape(tf.cast(tf.notEqual(label, 9), "float32"), [-1, 1, 1, 1]), 2), tf.onesLike(x)),
  );
  const one = modelOf((x) => tf.onesLike(x));
  const step = { steps: 2, shift: 1, end: 0, guidance: 2 };
  test("goes beyond the labels' velocity, away from no class", async () => {
    expect(await sampleWith(ode, byLabel, [0], step)).toEqual([-(1 + 2 * (3 - 1))]);
  });
  test("goes away from a guide's velocity for the same labels", async () => {
    expect(await sampleWith(ode, byLabel, [0], { ...step, guidance: 1.5 }, { guide: one })).toEqual([-(1 + 1.5 * (3 - 1))]);
  });
  test("works within its interval, both ends included", async () => {
    expect(await sampleWith(ode, byLabel, [0], { ...step, guidance_from: 1, guidance_to: 1 })).toEqual([-5]);
    expect(await sampleWith(ode, byLabel, [0], { ...step, guidance_to: 0.99 })).toEqual([-3]);
  });
  test("refuses a guide of other latents", async () => {
    const other = { ...one, latent: [2, 2, 1] as const };
    await expect(sampleWith(ode, byLabel, [0], step, { guide: other })).rejects.toThrow("the guide works on latents [2,2,1]");
  });
});

describe("flow.sde", () => {
  test("without noise is the equation of the velocity", async () => {
    const params = { steps: 5, shift: 2, diffusion_norm: 0, last_step: "none", end: 0.1 };
    const [stochastic] = await sampleWith(sde, towardThree, [1], params);
    const [plain] = await sampleWith(ode, towardThree, [1], { steps: 5, shift: 2, end: 0.1 });
    expect(stochastic).toBeCloseTo(plain ?? NaN, 6);
  });
  test("takes one step of Euler and Maruyama as written", async () => {
    // From 1 at t = 1 to t = 0.5: v = −2, score −x/t² of noise −1 … at t = 1 it is −((1−t)·v + x)/t = −1; w = sigma = 1.
    const params = { steps: 2, shift: 1, end: 0.5, last_step: "none" };
    const [x] = await sampleWith(sde, towardThree, [1], params, { stepNoise: [0.25] });
    expect(x).toBeCloseTo(1 - (-2 - 1 * -1) * 0.5 + Math.sqrt(2 * 0.5) * 0.25, 5);
  });
  test("takes one step of Heun's method: noise, then a trapezoid", async () => {
    const params = { method: "heun", steps: 2, shift: 1, end: 0.5, last_step: "none", diffusion: "constant" };
    const kicked = 1 + Math.sqrt(2 * 0.5) * 0.25;
    const drift = (x: number, t: number): number => (x - 3) / t + ((1 - t) * ((x - 3) / t) + x) / t;
    const first = drift(kicked, 1);
    const [x] = await sampleWith(sde, towardThree, [1], params, { stepNoise: [0.25] });
    expect(x).toBeCloseTo(kicked - (0.5 * (first + drift(kicked - 0.5 * first, 0.5))) / 2, 5);
  });
  test.each(["tweedie", "euler"])("last step %s ends at the data from where the grid ends", async (last_step) => {
    const params = { steps: 3, shift: 3, diffusion: "linear", last_step };
    for (const x of await sampleWith(sde, towardThree, [1, -4], params)) expect(x).toBeCloseTo(3, 4);
  });
  test("last step mean also takes the counterweight of the noise", async () => {
    const params = { steps: 2, shift: 1, end: 0.5, diffusion: "constant" };
    const at = 1 + 0.5 * (2 - 1); // one step from 1 without noise
    const score = -(0.5 * ((at - 3) / 0.5) + at) / 0.5;
    const [x] = await sampleWith(sde, towardThree, [1], { ...params, last_step: "mean" }, { stepNoise: [0] });
    expect(x).toBeCloseTo(at - ((at - 3) / 0.5 - score) * 0.5, 5);
  });
  test("draws its noise anew for each seed-keyed step, the same each time", async () => {
    const params = { steps: 4, shift: 1, diffusion: "constant", last_step: "none" };
    const once = await sampleWith(sde, towardThree, [1, 1], params);
    expect(await sampleWith(sde, towardThree, [1, 1], params)).toEqual(once);
    expect(once[0]).not.toBe(once[1]);
  });
  test("refuses strengths below zero and noise of other steps", async () => {
    await expect(sampleWith(sde, towardThree, [1], { diffusion: "sbdm" })).rejects.toThrow(
      "no strength of noise on the linear path",
    );
    await expect(sampleWith(sde, towardThree, [1], { steps: 3 }, { stepNoise: [1] })).rejects.toThrow(
      "step_noise holds noise of 1 steps, this sampler makes 2",
    );
  });
});
