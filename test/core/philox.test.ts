import { expect, test } from "@jest/globals";
import { philoxKey, philoxNormal, philoxUniform, philoxWords } from "../../src/core/philox.js";

test("gives the published words of Philox 4x32-10 for key 0 and counter 0", () => {
  expect([...philoxWords([0, 0], 0, 0, 4)]).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
});

test("a longer draw starts with a shorter one", () => {
  const key = philoxKey(3, "noise");
  expect(philoxUniform(key, 1, 2, 9).subarray(0, 5)).toEqual(philoxUniform(key, 1, 2, 5));
});

test("nodes, streams and steps do not share numbers", () => {
  const draws = [
    philoxWords(philoxKey(1, "a"), 0, 0, 4),
    philoxWords(philoxKey(1, "b"), 0, 0, 4),
    philoxWords(philoxKey(2, "a"), 0, 0, 4),
    philoxWords(philoxKey(1, "a"), 1, 0, 4),
    philoxWords(philoxKey(1, "a"), 0, 1, 4),
  ].map((words) => words.join());
  expect(new Set(draws).size).toBe(5);
});

test("uniform numbers lie strictly inside (0,1) with mean 1/2, normal ones have mean 0 and variance 1", () => {
  const key = philoxKey(0, "moments");
  const uniform = philoxUniform(key, 0, 0, 40_000);
  expect(Math.min(...uniform)).toBeGreaterThan(0);
  expect(Math.max(...uniform)).toBeLessThan(1);
  const mean = (values: Float32Array): number => values.reduce((a, b) => a + b, 0) / values.length;
  expect(mean(uniform)).toBeCloseTo(0.5, 2);
  const normal = philoxNormal(key, 0, 0, 40_000);
  expect(mean(normal)).toBeCloseTo(0, 1);
  expect(mean(normal.map((x) => x * x))).toBeCloseTo(1, 1);
});
