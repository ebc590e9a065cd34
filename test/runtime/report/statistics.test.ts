import { expect, test } from "@jest/globals";
import { estimate, pairedDifference } from "../../../src/runtime/report/statistics.js";
import { ticks } from "../../../src/runtime/report/ticks.js";

test("an interval is Student's t times the standard error", () => {
  // Variance of 1, 2, 3 is 1, its error 1 / sqrt(3), and t for 2 degrees of freedom 4.303.
  expect(estimate([1, 2, 3])).toEqual({ mean: 2, half: expect.closeTo(4.303 / Math.sqrt(3), 9), count: 3 });
});

test("one number has no interval, none has no mean", () => {
  expect(estimate([5])).toEqual({ mean: 5, half: undefined, count: 1 });
  expect(estimate([])).toEqual({ mean: NaN, half: undefined, count: 0 });
});

test("differences pair equal seeds, which takes away what these share", () => {
  const a = new Map([[1, 10], [2, 20], [3, 30]]); // prettier-ignore
  const b = new Map([[2, 18], [1, 8], [9, 0]]); // prettier-ignore
  expect(pairedDifference(a, b)).toEqual({ mean: 2, half: 0, count: 2 });
});

test.each([
  [0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [0.13, 0.31, [0.1, 0.15, 0.2, 0.25, 0.3, 0.35]],
  [-3, 1200, [-500, 0, 500, 1000, 1500]],
])("ticks from %p to %p are round and cover both", (low, high, expected) => expect(ticks(low, high)).toEqual(expected));

test("ticks around a single value part it", () => {
  const [first = NaN, ...rest] = ticks(2, 2);
  expect(first).toBeLessThan(2);
  expect(rest.at(-1)).toBeGreaterThan(2);
});
