import { describe, expect, test } from "@jest/globals";
import { gvpPath, vpPath } from "../../../src/nodes/flow/curved-paths.js";
import { checkDiffusion, diffusion } from "../../../src/nodes/flow/diffusion.js";
import type { DiffusionForm } from "../../../src/nodes/flow/diffusion.js";
import { linearPath } from "../../../src/nodes/flow/linear-path.js";
import { noiseLoss, scoreLoss } from "../../../src/nodes/flow/prediction-losses.js";
import { coefficientsAt, scoreFromVelocity, velocityFrom } from "../../../src/nodes/flow/prediction.js";
import type { PathName } from "../../../src/nodes/flow/paths.js";
import { tf } from "../../../src/core/tensor.js";
import { runNode } from "../../../src/runtime/testing/run-node.js";
import { toHostArray } from "../../../src/runtime/testing/arrays.js";
import { presentBackends } from "../../acceptance/backends.js";
import { array, golden, worst } from "../../support/golden.js";
import type { Golden } from "../../support/golden.js";

interface PathCase {
  readonly xt: Golden;
  readonly ut: Golden;
  readonly alpha: Golden;
  readonly sigma: Golden;
  readonly drift: readonly [Golden, Golden];
  readonly score_from_true_v: Golden;
  readonly diffusion: Readonly<Record<string, Golden>>;
}
const all = golden["paths"] as Record<string, PathCase> & { x1_data: Golden; x0_noise: Golden; t: Golden };
const cases = [
  ["linear", linearPath, "Linear"],
  ["gvp", gvpPath, "GVP"],
  ["vp", vpPath, "VP"],
] as const;
const backends = await presentBackends();
const perSample = all.x1_data.data.length / 2;

describe.each(cases)("the %s path", (name, node, key) => {
  const wanted = all[key] as PathCase;
  test.each(backends)("mixes and moves as published on %s", async (backend) => {
    const inputs = { data: array(all.x1_data), t: array(all.t), noise: array(all.x0_noise) };
    const out = await runNode(node, inputs, {}, { backend });
    const flat = (port: string) => toHostArray(out[port] ?? [], "f32").data;
    expect(worst(flat("x"), wanted.xt.data)).toBeLessThan(2e-6);
    expect(worst(flat("velocity"), wanted.ut.data)).toBeLessThan(2e-6);
    expect(flat("noise")).toEqual(array(all.x0_noise).data);
  });
  test.each([0, 1])("has the published coefficients, drift, score and strengths at time %i", (i) => {
    const t = all.t.data[i] ?? NaN;
    const at = coefficientsAt(name, t);
    expect(at.alpha).toBeCloseTo(wanted.alpha.data[i] ?? NaN, 6);
    expect(at.sigma).toBeCloseTo(wanted.sigma.data[i] ?? NaN, 6);
    expect(at.variance / (wanted.drift[1].data[i] ?? NaN)).toBeCloseTo(1, 5);
    const of = ({ data }: Golden): number[] => data.slice(i * perSample, (i + 1) * perSample);
    const pulled = of(wanted.xt).map((x) => x * at.pull);
    expect(worst(pulled, of(wanted.drift[0])) / Math.max(...pulled.map(Math.abs))).toBeLessThan(1e-5);
    const score = tf.tidy(() => scoreFromVelocity(tf.tensor1d(of(wanted.ut)), tf.tensor1d(of(wanted.xt)), at).dataSync());
    expect(worst(score, of(wanted.score_from_true_v)) / Math.max(...of(wanted.score_from_true_v))).toBeLessThan(2e-5);
    for (const [form, values] of Object.entries(wanted.diffusion)) {
      const ours = form === "SBDM" ? "sbdm" : form.replace("inccreasing-", "increasing_");
      const published = values.data[i] ?? values.data[0] ?? NaN;
      expect(diffusion(ours as DiffusionForm, 1, name, t) / published).toBeCloseTo(1, 4);
    }
  });
  test("predictions of noise and score mean the same velocity", () => {
    const at = coefficientsAt(name, 0.3);
    const [data, noise] = [0.7, -1.2];
    const [x, velocity] = [at.alpha * data + at.sigma * noise, at.alphaRate * data + at.sigmaRate * noise];
    const read = (kind: "noise" | "score", output: number): number =>
      tf.tidy(() => velocityFrom(kind, tf.scalar(output), tf.scalar(x), at).dataSync()[0] ?? NaN);
    expect(read("noise", noise)).toBeCloseTo(velocity, 5);
    expect(read("score", -noise / at.sigma)).toBeCloseTo(velocity, 5);
  });
});

test("sbdm strengths are refused where they are negative", () => {
  expect(() => checkDiffusion("sbdm", "vp")).not.toThrow();
  for (const path of ["linear", "gvp"] satisfies PathName[])
    expect(() => checkDiffusion("sbdm", path)).toThrow(/the variance of its drift is negative.*choose sigma, or the VP path/);
});

describe("losses", () => {
  const inputs = { prediction: [[1], [0]], noise: [[0], [2]], t: [0.5, 0.8] };
  // On the line the drift's variance has the size t/(1−t): 1 at 0.5, 4 at 0.8. Squared errors: 1 and 4.
  test.each([
    ["none", (1 + 4) / 2],
    ["velocity", ((1 / 0.5) ** 2 * 1 + (4 / 0.8) ** 2 * 4) / 2],
    ["likelihood", ((1 / 0.25) * 1 + (4 / 0.64) * 4) / 2],
  ])("of noise, weighted by %s", async (weighting, value) => {
    expect((await runNode(noiseLoss, inputs, { weighting }))["value"]).toBeCloseTo(value, 4);
  });
  test("of the score: none where sigma·score is minus the noise", async () => {
    const exact = { prediction: [[-4], [2.5]], noise: [[2], [-2]], t: [0.5, 0.8] };
    expect((await runNode(scoreLoss, exact, { weighting: "velocity" }))["value"]).toBeCloseTo(0, 10);
    expect((await runNode(scoreLoss, { ...exact, noise: [[3], [-2]] }))["value"]).toBeCloseTo(0.5, 6);
  });
  test("refuse an unknown weighting", async () => {
    await expect(runNode(noiseLoss, inputs, { weighting: "snr" })).rejects.toThrow(/weighting/);
  });
});
