import { expect, test } from "@jest/globals";
import { referenceBackend } from "../../../src/backends/reference/index.js";
import { tf } from "../../../src/core/tensor.js";
import { inverseNormal, logitNormal, normalCdf } from "../../../src/nodes/flow/logit-normal.js";
import { timeGrid } from "../../../src/nodes/flow/grid.js";
import { shiftFactor, shiftTime } from "../../../src/nodes/flow/shift.js";
import { shiftedTime } from "../../../src/nodes/flow/shifted-time.js";
import { onBackend, runNode } from "../../../src/runtime/testing/run-node.js";
import { presentBackends } from "../../acceptance/backends.js";
import { golden, worst } from "../../support/golden.js";
import type { Golden } from "../../support/golden.js";

const shift = Math.sqrt(48);

test("auto shift is the square root of latent numbers over the base, at least 1", () => {
  expect(shiftFactor({ shift: "auto", base: 4096 }, 768 * 16 * 16)).toBeCloseTo(6.92820323, 8);
  expect(shiftFactor({ shift: "auto", base: 4096 }, 1024)).toBe(1);
});

test.each([2, 5, 10, 25, 50])("the published grid of %i times, unshifted and shifted", (points) => {
  const wanted = (golden["sample_grids"] as Record<string, Record<string, Golden>>)[points] ?? {};
  expect(worst(timeGrid(points, 1), wanted["s1"]?.data ?? [])).toBeLessThan(1e-6);
  expect(worst(timeGrid(points, shift), wanted["s_sqrt48"]?.data ?? [])).toBeLessThan(1e-6);
  expect(worst(timeGrid(points, Math.sqrt(192)), wanted["s_sqrt192"]?.data ?? [])).toBeLessThan(1e-6);
});

test("uniform times are shifted as published", () => {
  const wanted = golden["uniform"] as { t: number[]; t_shift_sqrt48: number[] };
  expect(
    worst(
      wanted.t.map((t) => shiftTime(t, shift)),
      wanted.t_shift_sqrt48,
    ),
  ).toBeLessThan(1e-7);
});

test.each(await presentBackends())("logit-normal times have the published quantiles on %s", async (backend) => {
  const wanted = golden["logit_normal_0_1"] as { U: number[]; t: number[]; cdf_hi: number };
  expect(normalCdf(Math.log(0.999 / 0.001))).toBeCloseTo(wanted.cdf_hi, 10);
  await onBackend(backend, async () => {
    const times = await logitNormal(tf.tensor1d(wanted.U), 0, 1, 0.999).data();
    expect(worst(times, wanted.t)).toBeLessThan(2e-6);
  });
});

test("the inverse normal distribution holds far into both tails", async () => {
  await referenceBackend.open({ precision: "fp32" });
  const values = tf.tidy(() => inverseNormal(tf.tensor1d([0.0013498980316301, 0.5, 0.9772498680518208])).dataSync());
  expect(worst(values, [-3, 0, 2])).toBeLessThan(2e-5);
});

test("a node draws one time a sample, inside (0,1), and refuses an unknown distribution", async () => {
  const { t } = await runNode(
    shiftedTime,
    {
      like: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    },
    { shift: 2 },
  );
  expect(t).toHaveLength(3);
  for (const time of t as number[]) expect(time > 0 && time < 1).toBe(true);
  await expect(runNode(shiftedTime, { like: [[1]] }, { distribution: "gamma" })).rejects.toThrow(/distribution/);
});
