import { describe, expect, test } from "@jest/globals";
import { learningRate } from "../../src/core/schedule.js";
import { golden } from "../support/golden.js";

const settings = { base: 1, final: 0.1, warmup: 10, decayEnd: 50 };

describe("learning rates equal the reference scheduler's factors", () => {
  const wanted = golden["lr_factor"] as Record<string, number[]>;
  const steps = wanted["steps"] ?? [];

  test("linear, held during warm-up", () => {
    const rates = steps.map((step) => learningRate("linear", { ...settings, step, warmupFromZero: false }));
    rates.forEach((rate, i) => expect(rate).toBeCloseTo(wanted["linear_w10_e50_r.1"]?.[i] ?? NaN, 9));
  });

  test("cosine, rising from zero", () => {
    const rates = steps.map((step) => learningRate("cosine", { ...settings, step, warmupFromZero: true }));
    rates.forEach((rate, i) => expect(rate).toBeCloseTo(wanted["cosine_w10_e50_r.1_zero"]?.[i] ?? NaN, 9));
  });
});

test("constant stays at its base after the warm-up", () => {
  expect(learningRate("constant", { ...settings, step: 4, warmupFromZero: true })).toBe(0.5);
  expect(learningRate("constant", { ...settings, step: 400, warmupFromZero: true })).toBe(1);
});
